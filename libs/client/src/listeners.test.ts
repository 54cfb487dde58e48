import { describe, expect, it } from '@jest/globals';
import { createListeners } from './listeners.ts';

interface Events {
  number: number;
}

describe('listeners', () => {
  it('gives an event to all, and reports one that threw', () => {
    const thrown: unknown[] = [];
    const listeners = createListeners<Events>((error) => thrown.push(error));
    const seen: number[] = [];
    const mistake = new Error('oops');
    listeners.on('number', () => {
      throw mistake;
    });
    listeners.on('number', (value) => seen.push(value));
    listeners.emit('number', 7);
    expect(seen).toEqual([7]);
    expect(thrown).toEqual([mistake]);
  });

  it('takes away only the listener that was meant, also of two that are one function', () => {
    const listeners = createListeners<Events>(() => undefined);
    const seen: number[] = [];
    const listener = (value: number) => seen.push(value);
    const stop = listeners.on('number', listener);
    listeners.on('number', listener);
    stop();
    stop();
    listeners.emit('number', 1);
    expect(seen).toEqual([1]);
    expect(listeners.has('number')).toBe(true);
  });

  it('does not call a listener that an earlier one took away', () => {
    const listeners = createListeners<Events>(() => undefined);
    const seen: number[] = [];
    let stop = () => {};
    listeners.on('number', () => stop());
    stop = listeners.on('number', (value) => seen.push(value));
    listeners.emit('number', 1);
    expect(seen).toEqual([]);
  });
});

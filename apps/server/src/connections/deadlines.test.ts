import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadlines, type Deadlines } from './deadlines.ts';

describe('times that are all as long', () => {
  const over: string[] = [];
  let times: Deadlines<string>;
  let onOver: (item: string) => void;

  beforeEach(() => {
    jest.useFakeTimers();
    over.length = 0;
    onOver = (item) => void over.push(item);
    times = createDeadlines(1000, (item) => onOver(item));
  });
  afterEach(() => {
    times.stop();
    jest.useRealTimers();
  });
  const pass = (ms: number): string[] => {
    jest.advanceTimersByTime(ms);
    return over.splice(0);
  };

  it('are over one after another, each once', () => {
    times.begin('a');
    pass(400);
    times.begin('b');
    expect(pass(599)).toEqual([]);
    expect(pass(1)).toEqual(['a']);
    expect(pass(399)).toEqual([]);
    expect(pass(1)).toEqual(['b']);
    expect(pass(5000)).toEqual([]);
  });

  it('begin anew', () => {
    times.begin('a');
    times.begin('b');
    pass(600);
    times.begin('a');
    expect(pass(400)).toEqual(['b']);
    expect(pass(599)).toEqual([]);
    expect(pass(1)).toEqual(['a']);
  });

  it('end before', () => {
    for (const item of ['a', 'b', 'c']) times.begin(item);
    times.end('b');
    times.end('unknown');
    expect(pass(1000)).toEqual(['a', 'c']);
  });

  it('begin anew and end while others are over', () => {
    for (const item of ['a', 'b', 'c']) times.begin(item);
    onOver = (item) => {
      over.push(item);
      if (item !== 'a') return;
      times.begin('a');
      times.end('b');
    };
    expect(pass(1000)).toEqual(['a', 'c']);
    expect(pass(1000)).toEqual(['a']);
  });

  it('need one timer at most, however many they are, and none when there is nothing to wait for', () => {
    expect(jest.getTimerCount()).toBe(0);
    for (let count = 0; count < 100; count++) times.begin(`item ${count}`);
    expect(jest.getTimerCount()).toBe(1);
    for (let count = 0; count < 100; count++) times.begin(`item ${count}`);
    expect(jest.getTimerCount()).toBe(1);
    for (let count = 0; count < 100; count++) times.end(`item ${count}`);
    expect(jest.getTimerCount()).toBe(0);
    times.begin('a');
    expect(pass(1000)).toEqual(['a']);
    expect(jest.getTimerCount()).toBe(0);
    times.begin('b');
    times.stop();
    expect(jest.getTimerCount()).toBe(0);
    expect(pass(1000)).toEqual([]);
  });

  it('are looked at when they are over and not before', () => {
    const looks = jest.spyOn(performance, 'now');
    for (let count = 0; count < 100; count++) times.begin(`item ${count}`);
    pass(999);
    looks.mockClear();
    expect(pass(1)).toHaveLength(100);
    expect(looks.mock.calls.length).toBeLessThan(3);
    looks.mockRestore();
  });
});

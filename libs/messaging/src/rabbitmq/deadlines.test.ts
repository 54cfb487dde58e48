import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadlines } from './unconfirmed-window.ts';

describe('deadlines', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const setUp = () => {
    const items = new Set<{ name: string; deadline: number }>();
    const expired: string[] = [];
    const deadlines = createDeadlines(items, (item) => {
      items.delete(item);
      expired.push(item.name);
    });
    const add = (name: string, inMs: number): void => {
      items.add({ name, deadline: performance.now() + inMs });
      deadlines.start();
    };
    return { items, expired, deadlines, add };
  };

  it('expires each item at its time, with one timer', () => {
    const { expired, add } = setUp();
    add('a', 100);
    jest.advanceTimersByTime(60);
    add('b', 100);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(40);
    expect(expired).toEqual(['a']);
    jest.advanceTimersByTime(59);
    expect(expired).toEqual(['a']);
    jest.advanceTimersByTime(1);
    expect(expired).toEqual(['a', 'b']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves items alone that were taken out in time, and then rests', () => {
    const { items, expired, add } = setUp();
    add('a', 100);
    items.clear();
    jest.advanceTimersByTime(100);
    expect(expired).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has no timer once it is stopped', () => {
    const { deadlines, expired, add } = setUp();
    add('a', 100);
    deadlines.stop();
    expect(jest.getTimerCount()).toBe(0);
    expect(expired).toEqual([]);
  });
});

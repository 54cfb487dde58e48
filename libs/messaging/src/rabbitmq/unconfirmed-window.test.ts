import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createUnconfirmedWindow } from './unconfirmed-window.ts';

function confirmed<T>(
  window: ReturnType<typeof createUnconfirmedWindow<T>>,
  tag: number,
  isMultiple = false,
): T[] {
  const items: T[] = [];
  window.confirm(tag, isMultiple, (item) => items.push(item));
  return items;
}

describe('unconfirmed window', () => {
  it('finds the messages that a confirm settles, one or all up to it', () => {
    const window = createUnconfirmedWindow<string>(8);
    for (const item of ['a', 'b', 'c', 'd', 'e']) window.push(item);
    expect(confirmed(window, 3)).toEqual(['c']);
    expect(confirmed(window, 4, true)).toEqual(['a', 'b', 'd']);
    expect(confirmed(window, 4, true)).toEqual([]);
    expect(confirmed(window, 5)).toEqual(['e']);
  });

  it('ignores tags that were never sent', () => {
    const window = createUnconfirmedWindow<string>(8);
    window.push('a');
    expect(confirmed(window, 2)).toEqual([]);
    expect(confirmed(window, 9, true)).toEqual([]);
    expect(confirmed(window, 1)).toEqual(['a']);
    expect(confirmed(window, 1)).toEqual([]);
  });

  it('has room again once the oldest is confirmed', () => {
    const window = createUnconfirmedWindow<number>(4);
    for (const item of [1, 2, 3, 4]) window.push(item);
    expect(window.hasRoom()).toBe(false);
    confirmed(window, 2);
    expect(window.hasRoom()).toBe(false);
    confirmed(window, 1);
    expect(window.hasRoom()).toBe(true);
  });

  it('finds the first that fits, and forgets everything for a new channel', () => {
    const window = createUnconfirmedWindow<number>(4);
    for (const item of [10, 20, 30]) window.push(item);
    expect(window.find((item) => item > 10)).toBe(20);
    expect(window.find((item) => item > 30)).toBeUndefined();
    window.clear();
    expect(window.find(() => true)).toBeUndefined();
    window.push(99);
    expect(confirmed(window, 1)).toEqual([99]);
  });

  it('gives back each item once, in whatever order confirms come', () => {
    const confirms = fc.array(fc.record({ back: fc.nat(7), isMultiple: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(confirms, (steps) => {
        const window = createUnconfirmedWindow<number>(8);
        const open = new Set<number>();
        let sent = 0;
        for (const { back, isMultiple } of steps) {
          while (window.hasRoom()) {
            sent += 1;
            window.push(sent);
            open.add(sent);
          }
          const tag = Math.max(1, sent - back);
          const expected = [...open].filter((item) => (isMultiple ? item <= tag : item === tag));
          expect(confirmed(window, tag, isMultiple)).toEqual(expected);
          for (const item of expected) open.delete(item);
        }
        expect(confirmed(window, sent, true)).toEqual([...open]);
      }),
    );
  });
});

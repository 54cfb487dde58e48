import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { atEnd, extendDown, extendUp, shorten } from './message-window.ts';

describe('the window on a long conversation', () => {
  it('begins at the end', () => {
    expect(atEnd(2000)).toEqual({ from: 1940, to: undefined });
    expect(atEnd(10)).toEqual({ from: 1, to: undefined });
  });

  it('drops messages below when the reader scrolls far up, and returns to the end', () => {
    let window = atEnd(2000);
    for (let step = 0; step < 80; step++) window = extendUp(window, 1, 2000);
    expect(window).toEqual({ from: 1, to: 301 });
    for (let step = 0; step < 80; step++) window = extendDown(window, 2000);
    expect(window).toEqual({ from: 1700, to: undefined });
  });

  it('does not go above the loaded messages', () => {
    expect(extendUp(atEnd(2000), 1921, 2000).from).toBe(1921);
    expect(extendUp({ from: 1921, to: undefined }, 1921, 2000).from).toBe(1921);
  });

  it('is shortened at the end only', () => {
    expect(shorten({ from: 1, to: undefined }, 2000)).toEqual(atEnd(2000));
    expect(shorten({ from: 1, to: 300 }, 2000)).toEqual({ from: 1, to: 300 });
    expect(shorten({ from: 1900, to: undefined }, 2000)).toEqual({ from: 1900, to: undefined });
  });

  it('never holds more than 301 messages nor loses the ones in view', () => {
    const moves = fc.array(fc.constantFrom('up', 'down'));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), moves, (last, steps) => {
        let window = atEnd(last);
        for (const step of steps) {
          const before = window;
          window = step === 'up' ? extendUp(window, 1, last) : extendDown(window, last);
          const kept = step === 'up' ? before.from : (before.to ?? last);
          expect(kept).toBeGreaterThanOrEqual(window.from);
          expect(kept).toBeLessThanOrEqual(window.to ?? last);
          expect((window.to ?? last) - window.from).toBeLessThanOrEqual(300);
        }
      }),
    );
  });
});

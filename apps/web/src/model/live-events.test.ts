import { describe, expect, it } from '@jest/globals';
import { clockOffset } from './live-events.ts';

const now = Date.parse('2026-03-10T09:00:00.000Z');

describe('clockOffset', () => {
  it('does not take the time that a frame travels for a wrong clock', () => {
    expect(clockOffset('2026-03-10T08:59:59.200Z', now)).toBe(0);
  });

  it('notices a clock that is minutes ahead or behind', () => {
    expect(clockOffset('2026-03-10T09:05:00.000Z', now)).toBe(300_000);
    expect(clockOffset('2026-03-10T08:58:00.000Z', now)).toBe(-120_000);
  });
});

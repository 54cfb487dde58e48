import { describe, expect, it } from '@jest/globals';
import { gatherMs } from './gather-time.ts';
import { createKeptOutput } from './kept-output.ts';

/** What a server keeps of one command. */
const MAX_PIECES = 16_384;
const DAY_MS = 86_400_000;

describe('the time that output is gathered', () => {
  it('is hardly noticed at first', () => {
    expect([gatherMs(0), gatherMs(1000)]).toEqual([25, 25]);
    expect(gatherMs(5000)).toBeLessThan(1000);
  });

  it('lets a program print a little to both streams all day long', () => {
    const output = createKeptOutput(16 * 1024 * 1024);
    let seen = 0;
    for (let passedMs = 0; passedMs < DAY_MS; passedMs += gatherMs(seen)) {
      for (let line = 0; line < 10; line++) {
        output.add('stdout', '.');
        output.add('stderr', '!');
      }
      seen = output.after(seen).at(-1)?.seq ?? seen;
    }
    expect(output.isTruncated).toBe(false);
    expect(seen).toBeLessThan(MAX_PIECES);
    expect(seen).toBeGreaterThan(1000);
  });
});

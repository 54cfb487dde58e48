import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../tools/test/property-runs.mjs';
import { createKeptOutput } from './kept-output.ts';

describe('the output of a command', () => {
  it('is kept in pieces that are numbered over both streams', () => {
    const output = createKeptOutput(1_000);
    output.add('stdout', 'one ');
    output.add('stderr', 'oops');
    output.add('stdout', 'two');
    expect(output.after(0)).toEqual([
      { stream: 'stdout', seq: 1, data: 'one ' },
      { stream: 'stderr', seq: 2, data: 'oops' },
      { stream: 'stdout', seq: 3, data: 'two' },
    ]);
    expect(output.after(2)).toEqual([{ stream: 'stdout', seq: 3, data: 'two' }]);
  });

  it('joins the output since the last read, and never changes a piece that was read', () => {
    const output = createKeptOutput(1_000);
    output.add('stdout', 'a');
    output.add('stdout', 'b');
    expect(output.after(0)).toEqual([{ stream: 'stdout', seq: 1, data: 'ab' }]);
    output.add('stdout', 'c');
    expect(output.after(0)).toEqual([
      { stream: 'stdout', seq: 1, data: 'ab' },
      { stream: 'stdout', seq: 2, data: 'c' },
    ]);
  });

  it('becomes no flood of pieces when both streams print letter by letter', () => {
    const output = createKeptOutput(1_000_000);
    for (let n = 0; n < 100_000; n++) {
      output.add('stdout', 'o');
      output.add('stderr', 'e');
    }
    const pieces = output.after(0);
    expect(pieces.length).toBeLessThan(100);
    for (const [stream, letter] of [
      ['stdout', 'o'],
      ['stderr', 'e'],
    ] as const) {
      const text = pieces
        .filter((piece) => piece.stream === stream)
        .map(({ data }) => data)
        .join('');
      expect(text).toBe(letter.repeat(100_000));
    }
  });

  it('ends at its limit, in front of a character that does not fit', () => {
    const output = createKeptOutput(7);
    output.add('stdout', 'ab');
    expect(output.isTruncated).toBe(false);
    output.add('stderr', '👋👋');
    output.add('stdout', 'c');
    expect(output.isTruncated).toBe(true);
    expect(output.after(0)).toEqual([
      { stream: 'stdout', seq: 1, data: 'ab' },
      { stream: 'stderr', seq: 2, data: '👋' },
    ]);
  });

  it('comes whole again, in pieces that the protocol takes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '👋'), maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.record({ text, times: fc.nat(9_000) }), { maxLength: 8 }), (prints) => {
        const output = createKeptOutput(100_000_000);
        for (const print of prints) output.add('stdout', print.text.repeat(print.times));
        const pieces = output.after(0);
        expect(pieces.map(({ data }) => data).join('')).toBe(
          prints.map((print) => print.text.repeat(print.times)).join(''),
        );
        expect(pieces.map(({ seq }) => seq)).toEqual(pieces.map((_, index) => index + 1));
        for (const { data } of pieces) {
          expect(data.length).toBeLessThanOrEqual(65_536);
          expect(data.isWellFormed()).toBe(true);
          expect(data).not.toBe('');
        }
      }),
      { numRuns: runs(50) },
    );
  });

  it('takes no memory once the server has it', () => {
    const output = createKeptOutput(1_000);
    output.add('stdout', 'a');
    output.clear();
    output.add('stdout', 'b');
    expect(output.after(0)).toEqual([]);
  });
});

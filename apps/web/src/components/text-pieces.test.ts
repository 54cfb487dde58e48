import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../tools/test/property-runs.mjs';
import { LONGEST_RUN, textPieces } from './text-pieces.ts';

describe('textPieces', () => {
  it('leaves short text whole', () => {
    expect(textPieces('')).toEqual([]);
    expect(textPieces('one\ntwo')).toEqual(['one\ntwo']);
  });

  it('cuts at the end of a line, else of a word, else between characters', () => {
    const line = 'a'.repeat(LONGEST_RUN - 10);
    expect(textPieces(`${line}\n${line}`)).toEqual([`${line}\n`, line]);
    expect(textPieces(`${line} ${line}`)).toEqual([`${line} `, line]);
    expect(textPieces('a'.repeat(LONGEST_RUN + 1))).toEqual(['a'.repeat(LONGEST_RUN), 'a']);
    expect(textPieces(`a${'😀'.repeat(LONGEST_RUN)}`).every((piece) => piece.isWellFormed())).toBe(true);
  });

  it('loses nothing, and makes no piece longer than the longest', () => {
    const long = fc
      .tuple(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '😀', '\u0301'), minLength: 1 }), fc.nat(3000))
      .map(([text, times]) => text.repeat(times));
    fc.assert(
      fc.property(fc.array(long, { maxLength: 3 }), (texts) => {
        const text = texts.join('');
        const pieces = textPieces(text);
        expect(pieces.join('') === text).toBe(true);
        expect(pieces.every(({ length }) => length > 0 && length <= LONGEST_RUN)).toBe(true);
      }),
      { numRuns: runs(50) },
    );
  });
});

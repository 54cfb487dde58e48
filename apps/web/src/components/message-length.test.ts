import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@parley/shared-models';
import { lengthNote, lengthProblem } from './message-length.ts';

describe('the length of a message', () => {
  it('says nothing of an ordinary one', () => {
    expect(lengthNote('hello')).toBeUndefined();
    expect(lengthProblem('hello')).toBeUndefined();
  });

  it('counts near the limit, without the white space around it, which is not sent', () => {
    const text = ` ${'a'.repeat(LIMITS.textLength)}\n`;
    expect(lengthNote(text)).toBe('60,000 of 60,000 characters');
    expect(lengthProblem(text)).toBeUndefined();
  });

  it('says by how much it is too long', () => {
    expect(lengthProblem('a'.repeat(75_000))).toBe(
      '75,000 characters, and a message takes 60,000: take 15,000 out, or send it in parts.',
    );
    expect(lengthNote('a'.repeat(75_000))).toBeUndefined();
  });
});

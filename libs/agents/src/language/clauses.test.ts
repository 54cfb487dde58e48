import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../../tools/test/property-runs.mjs';
import { asksForHelp, isNotSo, isQuestion, splitClauses, withoutMention } from './clauses.ts';

describe('a message', () => {
  it.each([
    [
      'My budget is 1,500.50 € and I spent 300 on a bag. What is left?',
      ['My budget is 1,500.50 €', 'I spent 300 on a bag', 'What is left?'],
    ],
    ['I ran 5 km and swam 1 km', ['I ran 5 km and swam 1 km']],
    ['I had oatmeal and a banana for breakfast', ['I had oatmeal and a banana for breakfast']],
    ['On 3. May I paid 5 €\nand that is it', ['On 3. May I paid 5 €', 'and that is it']],
    ['I spent 20 €, then I got 5 € back!', ['I spent 20 €', 'I got 5 € back!']],
    ['Hello! What can you help with?', ['Hello!', 'What can you help with?']],
    ['What’s left', ["What's left"]],
    ['', []],
  ])('is taken apart: %s', (text, clauses) => {
    expect(splitClauses(text)).toEqual(clauses);
  });

  it('is read up to a bound', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.integer({ min: 1, max: 500 }),
        (text, times) => {
          const clauses = splitClauses(text.repeat(times));
          expect(clauses.length).toBeLessThanOrEqual(20);
          expect(clauses.join('').length).toBeLessThanOrEqual(4000);
        },
      ),
      { numRuns: runs(50) },
    );
  });
});

describe('a clause', () => {
  it.each(['What is left', 'Did I run', 'can I afford it', 'Is it so?', 'spent it?', 'Wie viel ist übrig'])(
    'asks: %s',
    (clause) => {
      expect(isQuestion(clause)).toBe(true);
    },
  );
  it.each(['I spent 20 €', 'Did 20 push-ups', 'Isolde ran', 'whatever it is', 'Canned food'])(
    'does not ask: %s',
    (clause) => {
      expect(isQuestion(clause)).toBe(false);
    },
  );
  it.each(["I didn't spend 20 €", 'If I spent 20 €', 'I might run', 'I have not run'])(
    'is not so: %s',
    (clause) => {
      expect(isNotSo(clause)).toBe(true);
    },
  );
  it.each(['Hello!', 'hi there', 'Help', 'What can you do?', 'Who are you', 'Hallo'])(
    'asks for help: %s',
    (clause) => expect(asksForHelp(clause)).toBe(true),
  );
  it.each(['help me with my budget', 'Hello world of money and more', 'How do I do this'])(
    'does not: %s',
    (clause) => {
      expect(asksForHelp(clause)).toBe(false);
    },
  );
});

describe('a message that begins with a mention', () => {
  it.each([
    ['@Finance What is left?', 'What is left?'],
    ['@Finance, what is left?', 'what is left?'],
    ['@"Long Name" hello', 'hello'],
    ['mail ada@example.com now', 'mail ada@example.com now'],
    ['What is left, @Finance', 'What is left, @Finance'],
    ['@Finance', '@Finance'],
  ])('%s', (text, rest) => {
    expect(withoutMention(text)).toBe(rest);
  });
});

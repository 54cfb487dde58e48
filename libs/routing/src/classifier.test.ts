import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createClassifier, type IntentProfile } from './intent-scorer.ts';

const profile = (part: Partial<IntentProfile>): IntentProfile => ({
  description: '',
  keywords: [],
  examples: [],
  ...part,
});
const found = (text: string, ...keywords: string[]): readonly string[] =>
  createClassifier([profile({ keywords })]).classify(text)[0]?.keywords ?? [];

describe('keywords', () => {
  it.each([
    ['the hr people', 'hr'],
    ['HR!', 'hr'],
    ['ask (hr), please', 'hr'],
    ['hr', 'HR'],
    ['new Human-Resources rules', 'human resources'],
    ['all budgets', 'budget'],
    ["the team's budget", 'teams'],
    ['I was working out', 'work out'],
    ['Wie viel Geld hat das Büro?', 'büro'],
    ['Ich brauche alle Rechnungen', 'Rechnung'],
    ['où sont les factures', 'facture'],
    ["le prix de l'électricité", 'électricité'],
    ['予算 は', '予算'],
    ['今月の予算はいくらですか', '予算'],
    ['room 101', '101'],
    ['that costs 5 €', '€'],
    ['ask it', 'it'],
  ])('stand in %j: %j', (text, keyword) => {
    expect(found(text, keyword)).toEqual([keyword]);
  });

  it.each([
    ['three chronic problems', 'hr'],
    ['resources of a human', 'human resources'],
    ['human and resources', 'human resources'],
    ['anything at all', ''],
    ['anything at all', ' - '],
    ['', 'hr'],
  ])('do not stand in %j: %j', (text, keyword) => {
    expect(found(text, keyword)).toEqual([]);
  });

  it('are found exactly where they stand, whatever stands between the words', () => {
    // Without endings that a stemmer of some language would take off.
    const word = fc.stringMatching(/^[bcdfgkpvwxz0-9]{1,8}$/);
    const gap = fc.stringMatching(/^[ .,;:!?()"-]{1,3}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 50 }), word, (pieces, keyword) => {
        const text = pieces.flat().join('');
        const isThere = pieces.some(([piece]) => piece === keyword);
        expect(found(text.toUpperCase(), keyword)).toEqual(isThere ? [keyword] : []);
      }),
    );
  });
});

describe('the confidence in a profile', () => {
  const finance = profile({ keywords: ['budget', 'money'], examples: ['What is left for the offsite?'] });
  const hr = profile({ keywords: ['employee'], examples: ['How many vacation days are left?'] });
  const classifier = createClassifier([finance, hr]);
  const [of, ofHr] = [0, 1].map(
    (at) =>
      (text: string): number =>
        classifier.classify(text)[at]?.confidence ?? -1,
  ) as [(text: string) => number, (text: string) => number];

  it('is 0 when nothing speaks for it', () => {
    expect(of('Who wrote Hamlet?')).toBe(0);
    expect(of('')).toBe(0);
    expect(createClassifier([]).classify('anything')).toEqual([]);
  });

  it('grows with each word that speaks for it, and never reaches 1', () => {
    const confidences = ['budget', 'budget money', 'budget money offsite'].map(of);
    expect(confidences).toEqual([...confidences].sort());
    expect(new Set(confidences).size).toBe(3);
    expect(confidences.at(-1)).toBeLessThan(1);
  });

  it('comes from words of the examples too, with any ending, but less than from keywords', () => {
    expect(ofHr('a long vacation')).toBeGreaterThan(0.2);
    expect(ofHr('vacations')).toBeGreaterThan(ofHr('Who wrote Hamlet?'));
    expect(ofHr('an employee')).toBeGreaterThan(ofHr('a vacation'));
  });

  it('is less where another profile has a claim', () => {
    expect(of('budget for an employee')).toBeLessThan(of('budget for everybody'));
  });

  it('is less where much is said that nobody knows', () => {
    expect(of('budget of castles, dragons and sorcery')).toBeLessThan(of('budget'));
  });

  it('is little where only words speak that all profiles have', () => {
    expect(of('left')).toBeLessThan(of('offsite'));
  });

  it('tells the words that made it', () => {
    expect(classifier.classify('Money for the Offsites')[0]).toMatchObject({
      keywords: ['money'],
      words: ['offsites'],
    });
  });

  it('is between 0 and 1 for any text and profiles', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.lorem());
    const anyProfile = fc.record({
      description: text,
      keywords: fc.array(text, { maxLength: 4 }),
      examples: fc.array(text, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(anyProfile, { maxLength: 5 }), text, (profiles, said) => {
        for (const { confidence } of createClassifier(profiles).classify(said)) {
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThan(1);
        }
      }),
    );
  });

  it('needs no longer for the longest text than for its beginning', () => {
    const long = `budget ${'castle '.repeat(8000)}`;
    expect(of(long)).toBe(of(long.slice(0, 4000)));
  });
});

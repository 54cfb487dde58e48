import { describe, expect, it } from '@jest/globals';
import { accuracyOf, evaluateIntents, evaluateSessions } from './evaluate.ts';
import { everyAgent, labelOf } from './roster.ts';
import { isOfSession, readSentences } from './sentences.ts';

const agents = await everyAgent();
const tuning = readSentences('tuning');
const heldOut = readSentences('held-out');

describe('the labelled sentences', () => {
  it('are enough, in several languages, for all that the router tells apart', () => {
    const all = [...tuning, ...heldOut].filter((sentence) => !isOfSession(sentence));
    expect(all.length).toBeGreaterThanOrEqual(200);
    for (const set of [tuning, heldOut]) {
      const groups = new Set(set.flatMap(({ expected }) => expected));
      for (const group of ['hr', 'finance', 'helios', 'ceres', 'general', 'orders', 'research', 'assistant'])
        expect(groups).toContain(group);
      const languages = new Set(set.filter(isOfSession).map(({ language }) => language));
      expect(languages.size).toBeGreaterThanOrEqual(8);
    }
  });

  it('stand in one of the sets only, but for the words that end a session', () => {
    const seen = new Set(tuning.map(({ text }) => text));
    const twice = heldOut.filter((sentence) => seen.has(sentence.text) && !sentence.expected.includes('end'));
    expect(twice).toEqual([]);
  });

  it('expect agents that there are', () => {
    const groups = new Set([...agents.map(({ group }) => labelOf(group)), 'end', 'stay']);
    for (const { expected } of [...tuning, ...heldOut]) {
      for (const group of expected) expect(groups).toContain(group);
    }
  });
});

describe('the router without a language model', () => {
  it.each([
    ['tuning', tuning],
    ['held-out', heldOut],
  ])('gets at least nine of ten %s sentences right', (_set, sentences) => {
    const ofIntents = sentences.filter((sentence) => !isOfSession(sentence));
    expect(accuracyOf(evaluateIntents(ofIntents, agents))).toBeGreaterThanOrEqual(0.9);
    expect(accuracyOf(evaluateSessions(sentences.filter(isOfSession), agents))).toBeGreaterThanOrEqual(0.9);
  });
});

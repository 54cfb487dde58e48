import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scoreKeywords } from './keyword-score.ts';
import { agent } from './test-agents.ts';

const found = (text: string, ...keywords: string[]): readonly string[] =>
  scoreKeywords(text, [agent('a', { keywords })])[0]?.words ?? [];

describe('the score of keywords', () => {
  it.each([
    ['the hr people', 'hr'],
    ['HR!', 'hr'],
    ['ask (hr), please', 'hr'],
    ['hr', 'HR'],
    ['new Human-Resources rules', 'human resources'],
    ['Wie viel Geld hat das Büro?', 'büro'],
    ['予算 は', '予算'],
    ['room 101', '101'],
  ])('finds in %j the keyword %j', (text, keyword) => {
    expect(found(text, keyword)).toEqual([keyword]);
  });

  it.each([
    ['three chronic problems', 'hr'],
    ['resources of a human', 'human resources'],
    ['human and resources', 'human resources'],
    ['budgets', 'budget'],
    ['anything at all', ''],
    ['anything at all', ' - '],
    ['', 'hr'],
  ])('does not find in %j the keyword %j', (text, keyword) => {
    expect(found(text, keyword)).toEqual([]);
  });

  it('grows with each keyword that stands in the text, and never reaches 1', () => {
    const keywords = ['one', 'two', 'three', 'four', 'five'];
    const confidences = keywords.map(
      (_, index) =>
        scoreKeywords(keywords.slice(0, index).join(' '), [agent('a', { keywords })])[0]?.confidence,
    );
    expect(confidences).toEqual([0, 0.6, 0.84, expect.closeTo(0.936), expect.closeTo(0.9744)]);
  });

  it('puts the best first, equal ones by id', () => {
    const agents = [
      agent('c', { keywords: ['money'] }),
      agent('b', { keywords: ['money', 'budget'] }),
      agent('a', { keywords: ['money'] }),
      agent('0', { keywords: ['fun'] }),
    ];
    const order = scoreKeywords('money for my budget', agents).map((score) => score.agent.agentId);
    expect(order).toEqual(['b', 'a', 'c', '0']);
  });

  it('finds exactly the words of the text, whatever stands between them', () => {
    const word = fc.stringMatching(/^[a-zäöü0-9]{1,8}$/);
    const gap = fc.stringMatching(/^[ .,;:!?()"'-]{1,3}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1 }), word, (pieces, keyword) => {
        const text = pieces.flat().join('');
        const isThere = pieces.some(([piece]) => piece === keyword);
        expect(found(text.toUpperCase(), keyword)).toEqual(isThere ? [keyword] : []);
      }),
    );
  });
});

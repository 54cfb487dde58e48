import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createThoughtSplitter, withoutThoughts } from './thoughts.ts';

function split(pieces: readonly string[], opensInThought = false): { text: string; thought: string } {
  const splitter = createThoughtSplitter({ opensInThought });
  const parts = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  const join = (kind: 'text' | 'thought'): string =>
    parts.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('');
  return { text: join('text'), thought: join('thought') };
}

const FENCED = 'Look:\n\n```xml\n<think>stays</think>\n```\n';

const cases: readonly (readonly [name: string, written: string, text: string, thought: string])[] = [
  ['before the answer', '<think>a < b</think>\n\nYes', '\n\nYes', 'a < b'],
  ['in the middle', 'One <thinking>two</thinking>three', 'One three', 'two'],
  ['in other letters, with a blank', '<Reasoning >r</REASONING>x', 'x', 'r'],
  ['in a tag with attributes', '<think type="deep" n=1>a</think>b', 'b', 'a'],
  ['in one another', '<think>a<think>b</think>c</think>d<think>e</think>f', 'df', 'abce'],
  ['that name their own tag', '<think>a <think> b</think>c', 'c', 'a  b'],
  ['but not a tag that closes itself', '<think/>a<think />b', '<think/>a<think />b', ''],
  ['several times', '<think>a</think>b<think>c</think>d', 'bd', 'ac'],
  ['that is never closed', 'Yes. <think>and on', 'Yes. ', 'and on'],
  ['that is empty', '<think>\n\n</think>\n\nYes', '\n\nYes', '\n\n'],
  ['with code in it', '<think>```\nx</think>y', 'y', '```\nx'],
  ['but not a tag in a code block', FENCED, FENCED, ''],
  [
    'but not in a block with tildes, in a list',
    '- ~~~\n  <think>a</think>\n  ~~~\n<think>b</think>',
    '- ~~~\n  <think>a</think>\n  ~~~\n',
    'b',
  ],
  ['but not in inline code', 'Write `<think>` first', 'Write `<think>` first', ''],
  ['after an apostrophe that opens no code', 'a ` b\n<think>c</think>d', 'a ` b\nd', 'c'],
  ['but not what only begins like a tag', '2 <thinkers> and a <', '2 <thinkers> and a <', ''],
  ['whose tag alone was left over', 'Yes</think> indeed', 'Yes indeed', ''],
];

describe('thoughts are taken out of an answer', () => {
  it.each(cases)('%s', (_name, written, text, thought) => {
    expect(split([written])).toEqual({ text, thought });
  });

  it('the same, wherever the answer is cut into pieces', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.array(fc.nat(60)), ([, written, text, thought], cuts) => {
        const ends = [...new Set([...cuts.filter((cut) => cut < written.length), written.length])].sort(
          (a, b) => a - b,
        );
        const pieces = ends.map((end, index) => written.slice(ends[index - 1] ?? 0, end));
        expect(split(pieces)).toEqual({ text, thought });
      }),
    );
  });

  it('loses and invents nothing, for any text', () => {
    const word = fc.constantFrom(
      '<think>',
      '</think>',
      '<reasoning>',
      '`',
      '```',
      '\n',
      'a',
      '<',
      '/',
      '>',
      ' ',
      '~~~',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.boolean(), (words, opensInThought) => {
        const written = words.join('');
        const whole = split([written], opensInThought);
        expect(split([...written], opensInThought)).toEqual(whole);
        const kept = whole.text.length + whole.thought.length;
        const tags = written.match(/<\/?(?:think|reasoning)>/g) ?? [];
        expect(written.length - kept).toBeLessThanOrEqual(tags.join('').length);
      }),
    );
  });

  it('from the beginning, where the template has opened the thought', () => {
    expect(split(['I wo', 'nder</thi', 'nk>Yes'], true)).toEqual({ text: 'Yes', thought: 'I wonder' });
    expect(split(['Yes, ', 'no thought'], true)).toEqual({ text: 'Yes, no thought', thought: '' });
    expect(split(['Yes <think>', 'x</think>'], true)).toEqual({ text: 'Yes ', thought: 'x' });
  });

  it('reads long runs of marks in no time', () => {
    const written = `${'`'.repeat(60_000)}x${'<think'.repeat(10_000)}${'~'.repeat(60_000)}x`;
    expect(split([written])).toEqual({ text: written, thought: '' });
  });
});

describe('the text that goes back to a model as its own words', () => {
  it.each([
    ['<think>a</think>\n\nYes', 'Yes'],
    ['I wonder\n</think>\n\nYes', 'Yes'],
    ['Write `</think>` at its end', 'Write `</think>` at its end'],
    ['Yes', 'Yes'],
  ])('%j is %j', (stored, told) => {
    expect(withoutThoughts(stored)).toBe(told);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { markdownBlocks } from './markdown-blocks.ts';

describe('markdownBlocks', () => {
  it('cuts between paragraphs', () => {
    expect(markdownBlocks('one\n\ntwo\nlines\n\n\nthree')).toEqual(['one\n\n', 'two\nlines\n\n\n', 'three']);
  });

  it('keeps a fenced code block whole, blank lines and all', () => {
    const code = '```ts\nconst a = 1;\n\nconst b = 2;\n```\n';
    expect(markdownBlocks(`${code}\nafter`)).toEqual([`${code}\n`, 'after']);
  });

  it('keeps a fence that is not closed yet with all that follows', () => {
    expect(markdownBlocks('text\n\n```\na\n\nb\n\nc')).toEqual(['text\n\n', '```\na\n\nb\n\nc']);
  });

  it('does not end a longer fence with a shorter or another one', () => {
    const code = '````\n```\n\n~~~~\n\nx\n````\n';
    expect(markdownBlocks(`${code}\ny`)).toEqual([`${code}\n`, 'y']);
  });

  it('keeps indented continuations with their list', () => {
    expect(markdownBlocks('- a\n\n  more of a\n\nafter')).toEqual(['- a\n\n  more of a\n\n', 'after']);
  });

  it('loses and adds nothing, and cuts a prefix as it cuts the whole', () => {
    const line = fc.constantFrom(
      'text',
      '',
      '  indented',
      '```',
      '```ts',
      '~~~',
      '- item',
      '````',
      '| a | b |',
    );
    fc.assert(
      fc.property(fc.array(line), fc.nat(), (lines, cut) => {
        const text = lines.join('\n');
        expect(markdownBlocks(text).join('')).toBe(text);
        const whole = markdownBlocks(text);
        const part = markdownBlocks(text.slice(0, cut % (text.length + 1)));
        expect(whole.slice(0, Math.max(0, part.length - 1))).toEqual(part.slice(0, -1));
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it.each([
    ['You have **1,200 €** left', 'You have 1,200 € left'],
    ['# Title\n\n- one\n- two', 'Title one two'],
    ['see [the rules](https://example.com) and `code`', 'see the rules and code'],
    ['```ts\nconst a = 1;\n```', 'const a = 1;'],
    ['| a | b |\n| --- | --- |\n| 1 | 2 |', 'a b 1 2'],
    ['an *important* word', 'an important word'],
    ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
  ])('shows %j as %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });
});

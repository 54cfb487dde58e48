import { describe, expect, it } from '@jest/globals';
import { plain, table } from './output.ts';

describe('what others wrote', () => {
  it('keeps line breaks, tabs and letters of all kinds', () => {
    expect(plain('a\tb\nc — ü 日本 🤖')).toBe('a\tb\nc — ü 日本 🤖');
  });

  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a cleared screen', '\u001b[2J\u001b[Hhello', 'hello'],
    ['a title of the window', '\u001b]0;owned\u0007hello', 'hello'],
    ['a line written over', 'good\rbad', 'goodbad'],
    ['8-bit control characters', 'a\u009b31mb', 'ab'],
  ])('cannot act on the terminal: %s', (_name, text, shown) => {
    expect(plain(text)).toBe(shown);
  });
});

it('makes columns as wide as their widest cell', () => {
  expect(
    table(
      ['ID', 'STATE'],
      [
        ['a', 'online'],
        ['bcd', 'x'],
      ],
    ),
  ).toBe('ID   STATE\na    online\nbcd  x');
});

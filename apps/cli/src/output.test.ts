import { describe, expect, it } from '@jest/globals';
import { plain, table } from './output.ts';

describe('text of others', () => {
  it('keeps line breaks, tabs and letters of all kinds', () => {
    expect(plain('a\tb\nc — ü 日本 🤖')).toBe('a\tb\nc — ü 日本 🤖');
  });

  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['text that cannot be seen', '\u001b[8mhidden\u001b[0m', 'hidden'],
    ['a cleared screen', '\u001b[2J\u001b[Hhello', '\\u001b[2J\\u001b[Hhello'],
    ['a title of the window', '\u001b]0;owned\u0007hello', '\\u001b]0;owned\\u0007hello'],
    ['a clipboard that is set', '\u001b]52;c;eA==\u001b\\x', '\\u001b]52;c;eA==\\u001b\\x'],
    ['text that is turned', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['tags', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['a line break of another kind', 'a\u2028b', 'a\\u2028b'],
    ['a line written over', 'good\rbad', 'good\\u000dbad'],
    ['8-bit control characters', 'a\u009b31mb', 'a\\u009b31mb'],
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

import { describe, expect, it } from '@jest/globals';
import { findOnPage } from './find-out.ts';

const find = (text: string) =>
  findOnPage(
    async (url) => ({ url, contentType: 'text/plain', text, isCut: false }),
    'https://example.com/',
    new AbortController().signal,
  );

describe('findings on a page', () => {
  it('is quoted line by line, without empty lines', async () => {
    expect((await find('  one \r\n\n\t\n two *three*  ')).text).toBe('> one\n> two \\*three\\*');
  });

  it.each([' ', '\t', ' \t', '\r'])('is there at once, however much of %j the page has', async (piece) => {
    expect((await find(`${piece.repeat(5_000_000)}x`)).text).toBe('> x');
  });
});

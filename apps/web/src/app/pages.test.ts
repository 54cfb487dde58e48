import { describe, expect, it } from '@jest/globals';
import { pageTitle } from './pages.ts';

describe('pageTitle', () => {
  it('names the conversation or page, and how much is unread', () => {
    expect(pageTitle('Budget', 0)).toBe('Budget · Parley');
    expect(pageTitle(undefined, 0)).toBe('Parley');
    expect(pageTitle('Agents', 3)).toBe('(3) Agents · Parley');
  });
});

import { describe, expect, it } from '@jest/globals';
import { type Conversation, newId } from '@parley/shared-models';
import { groupConversations, plainText, searchConversations } from './list-contents.ts';

const now = new Date(2026, 2, 10, 9, 30);

function conversation(title: string, daysAgo: number, preview = ''): Conversation {
  const at = new Date(2026, 2, 10 - daysAgo, 8).toISOString();
  return { id: newId(), ownerId: 'u', title, createdAt: at, updatedAt: at, lastSeq: 1, preview };
}

describe('groupConversations', () => {
  it('puts the newest first and names the day only where there is something', () => {
    const groups = groupConversations(
      [conversation('old', 30), conversation('today', 0), conversation('week', 3), conversation('older', 40)],
      now,
    );
    expect(
      groups.map(({ label, conversations }) => [label, conversations.map(({ title }) => title)]),
    ).toEqual([
      ['Today', ['today']],
      ['Last 7 days', ['week']],
      ['Earlier', ['old', 'older']],
    ]);
  });

  it('counts a time ahead of the clock as today', () => {
    expect(groupConversations([conversation('ahead', -1)], now)[0]?.label).toBe('Today');
  });
});

describe('searchConversations', () => {
  const all = [conversation('Budget for Zoë', 0, 'You have 1,200 €'), conversation('Laptop order', 1)];
  const titles = (query: string) => searchConversations(all, query).map(({ title }) => title);

  it('finds all words in title and newest message, whatever their case or accents', () => {
    expect(titles('ZOE 1,200')).toEqual(['Budget for Zoë']);
  });

  it('gives everything for an empty query and nothing for an unknown word', () => {
    expect(titles('  ')).toHaveLength(2);
    expect(titles('budget holiday')).toEqual([]);
  });
});

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

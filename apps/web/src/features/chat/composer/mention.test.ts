import { describe, expect, it } from '@jest/globals';
import {
  addressTo,
  findMentions,
  insertMention,
  matchNames,
  mentionQueryAt,
  unknownMention,
} from './mention.ts';

const names = ['HR', 'Finance', 'Finance EU', 'Büro Hilfe'];
const found = (text: string) => findMentions(text, names).map(({ name }) => name);

describe('findMentions', () => {
  it('finds an agent anywhere in the text, in any case', () => {
    expect(found('@finance what is left?')).toEqual(['Finance']);
    expect(found('please ask (@HR) too')).toEqual(['HR']);
  });

  it('prefers the longest name', () => {
    expect(found('@Finance EU, hello')).toEqual(['Finance EU']);
    expect(found('@Finance Europe')).toEqual(['Finance']);
  });

  it('does not take an address or a longer word for a mention', () => {
    expect(found('mail me@finance.example')).toEqual([]);
    expect(found('@HRM and @Financed')).toEqual([]);
  });

  it('keeps the order and tells where each stands', () => {
    const text = '@HR and @Büro Hilfe';
    expect(findMentions(text, names).map(({ start, end }) => text.slice(start, end))).toEqual([
      '@HR',
      '@Büro Hilfe',
    ]);
  });
});

describe('unknownMention', () => {
  it('finds a name that no agent has', () => {
    expect(unknownMention('@Nobody hi', names)).toBe('Nobody');
    expect(unknownMention('@HR and @Nobody, hi', names)).toBe('Nobody');
  });

  it('finds nothing in known names, addresses and a lone @', () => {
    expect(unknownMention('@Büro Hilfe, me@finance.example and @ night', names)).toBeUndefined();
  });
});

describe('mentionQueryAt', () => {
  it('returns the text between @ and caret', () => {
    expect(mentionQueryAt('hello @fi', 9)).toEqual({ start: 6, end: 9, query: 'fi' });
    expect(mentionQueryAt('@', 1)).toEqual({ start: 0, end: 1, query: '' });
  });

  it('allows one space, for names of two words, and no more', () => {
    expect(mentionQueryAt('@Büro Hi', 8)?.query).toBe('Büro Hi');
    expect(mentionQueryAt('@Büro Hilfe was', 15)).toBeUndefined();
  });

  it('gives nothing in front of the @, in an address, or after other characters', () => {
    expect(mentionQueryAt('@fi', 0)).toBeUndefined();
    expect(mentionQueryAt('a@fi', 4)).toBeUndefined();
    expect(mentionQueryAt('@fi!', 4)).toBeUndefined();
    expect(mentionQueryAt('no mention', 5)).toBeUndefined();
  });
});

describe('matchNames', () => {
  it('puts names that begin with the query before those that contain it', () => {
    expect(matchNames(['Chief', 'Finance', 'Helios', 'Hi'], 'hi')).toEqual(['Hi', 'Chief']);
    expect(matchNames(names, '')).toHaveLength(4);
  });

  it('finds nothing once the name is complete and a space follows', () => {
    expect(matchNames(names, 'HR ')).toEqual([]);
    expect(matchNames(names, 'Finance ')).toEqual(['Finance EU']);
  });
});

describe('insertMention', () => {
  it('replaces the typed text and leaves one space behind', () => {
    expect(insertMention('ask @fi now', { start: 4, end: 7 }, 'Finance')).toEqual({
      text: 'ask @Finance now',
      caret: 13,
    });
    expect(insertMention('@', { start: 0, end: 1 }, 'HR')).toEqual({ text: '@HR ', caret: 4 });
  });
});

describe('addressTo', () => {
  it('puts the agent in front of the text', () => {
    expect(addressTo('', 'HR', names)).toBe('@HR ');
    expect(addressTo('what is left?', 'HR', names)).toBe('@HR what is left?');
  });

  it('replaces the agent that the text was addressed to, and no other', () => {
    expect(addressTo('@Finance what is left?', 'HR', names)).toBe('@HR what is left?');
    expect(addressTo('ask @Finance too', 'HR', names)).toBe('@HR ask @Finance too');
  });
});

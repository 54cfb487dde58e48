import { describe, expect, it } from '@jest/globals';
import { isAsNewAs, listRevision } from './queue-messages.ts';

describe('the revision of a list', () => {
  it.each([
    ['the same', 'a:9', 'a:9', true],
    ['a newer one', 'a:10', 'a:9', true],
    ['an older one', 'a:9', 'a:10', false],
    ["another server's", 'b:1', 'a:10', true],
    ['none', '', 'a:10', true],
    ['one, for a message that names none', 'a:1', 'nonsense', true],
    ['one, for a message with no number', 'a:1', 'a:nonsense', false],
  ])('is enough when %s is known', (_, known, wanted, isEnough) => {
    expect(isAsNewAs(known, wanted)).toBe(isEnough);
  });

  it('grows with each change', () => {
    expect(isAsNewAs(listRevision('a', 2), listRevision('a', 1))).toBe(true);
    expect(isAsNewAs(listRevision('a', 1), listRevision('a', 2))).toBe(false);
  });
});

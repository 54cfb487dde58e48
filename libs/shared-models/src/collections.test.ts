import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Resume } from './client-frames.ts';
import { boundedArray, boundedRecord } from './collections.ts';
import { CommandRequest } from './command.ts';
import { JsonValue } from './json-value.ts';
import { LIMITS } from './limits.ts';

describe('a collection that is too large', () => {
  let looks = 0;
  const Item = z.custom<number>(() => {
    looks += 1;
    return false;
  });
  const items = Array.from({ length: 1001 }, (_, number) => number);

  it.each([
    ['an array', boundedArray(Item, 1000), items],
    ['a record, by its values', boundedRecord(z.string(), Item, 1000), { ...items }],
    [
      'a record, by its keys',
      boundedRecord(
        z.string().refine(() => Item.safeParse(0).success),
        Item,
        1000,
      ),
      { ...items },
    ],
  ])('is refused before anything in it is looked at: %s', (_, schema, value) => {
    looks = 0;
    const { error } = z.object({ inside: schema }).safeParse({ inside: value });
    expect(error?.issues).toEqual([
      { code: 'custom', path: ['inside'], message: expect.stringContaining('at most 1000') },
    ]);
    expect(looks).toBe(0);
  });

  it.each([
    ['resume', Resume, Object.fromEntries(items.map((number) => [`no id ${number}`, number]))],
    ['agentIds', CommandRequest, { agentIds: items, id: 'x', command: 'ls' }],
  ])('is named once, not by each of its items: %s', (_, schema, value) => {
    const { error } = schema.safeParse(value);
    expect(error?.issues.filter(({ message }) => message.includes('at most'))).toHaveLength(1);
    expect(error?.issues.length).toBeLessThan(5);
  });
});

it('lets a collection pass that has just so many items, and tells of a wrong one by its path', () => {
  const Three = boundedArray(z.string(), 3, 1);
  expect(Three.parse(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  expect(Three.safeParse([]).success).toBe(false);
  expect(Three.safeParse(['a', 1]).error?.issues[0]?.path).toEqual([1]);
  expect(boundedRecord(z.string(), z.number(), 2).parse({ a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
  expect(boundedRecord(z.string(), z.number(), 2).safeParse('a').success).toBe(false);
});

describe('a JSON value', () => {
  it.each([
    ['an array', Array.from({ length: LIMITS.jsonValues }, () => 0)],
    ['an object', Object.fromEntries(Array.from({ length: LIMITS.jsonValues }, (_, number) => [number, 0]))],
    ['arrays in arrays', Array.from({ length: LIMITS.jsonValues / 2 }, () => [0])],
  ])('has so many values at most: %s', (_, value) => {
    expect(JsonValue.safeParse(value).error?.issues[0]?.message).toBe(
      `more than ${LIMITS.jsonValues} values`,
    );
  });

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    Symbol('x'),
    () => 1,
    new Date(),
    new Map(),
    [undefined],
  ])('is nothing that JSON cannot say: %p', (value) => {
    expect(JsonValue.safeParse(value).success).toBe(false);
    expect(JsonValue.safeParse({ deep: [value] }).success).toBe(false);
  });

  it('has no key that would replace a prototype', () => {
    expect(JsonValue.safeParse(JSON.parse('{"a":[{"__proto__":{"isPolluted":true}}]}')).success).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { indentedJson, payloadText } from './json-text.ts';

describe('a payload in a line', () => {
  it('names fields that people understand, and leaves out ids', () => {
    const payload = {
      orderId: newId(),
      product: 'Laptop',
      quantity: 1,
      customer: { id: 'ada', name: 'Ada' },
    };
    expect(payloadText(payload)).toBe('product Laptop · quantity 1 · customer Ada');
  });

  it('shows a plain value as it is, and counts the entries of a list', () => {
    expect([
      payloadText('done'),
      payloadText(null),
      payloadText([1, 2]),
      payloadText({ a: [1], b: null }),
    ]).toEqual(['done', '', '2 entries', '']);
  });

  it('never grows long', () => {
    const payload = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`field${n}`, 'x'.repeat(500)]));
    expect(payloadText(payload).length).toBeLessThan(400);
  });
});

describe('indentedJson', () => {
  it('indents JSON, and leaves everything else', () => {
    expect(indentedJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(indentedJson('a {"b":1}')).toBe('a {"b":1}');
  });

  it.each([
    ['deep arrays', '['.repeat(5000) + ']'.repeat(5000)],
    ['deep objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['very deep arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['an open string', `["${'\\"'.repeat(100_000)}`],
    ['a long text', `"${'a'.repeat(300_000)}"`],
  ])('leaves %s as they are', (_, text) => {
    expect(indentedJson(text)).toBe(text);
  });

  it('takes no bracket in a string for one', () => {
    expect(indentedJson(JSON.stringify(['['.repeat(1000)]))).toContain('\n');
  });
});

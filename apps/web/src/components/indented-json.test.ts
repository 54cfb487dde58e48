import { describe, expect, it } from '@jest/globals';
import { indentedJson } from './indented-json.ts';

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

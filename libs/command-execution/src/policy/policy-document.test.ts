import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PolicyFile, ProgramRule, ShellRule } from './policy-file.ts';

const document = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/policies.md'), 'utf8');

describe('docs/policies.md', () => {
  it('shows policies that can be loaded', () => {
    const examples = [...document.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json ?? ''));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(PolicyFile.safeParse(example).error).toBeUndefined();
  });

  it('names every field', () => {
    const limits = Object.keys(PolicyFile.parse({}).limits).map((name) => `limits.${name}`);
    const policy = Object.keys(PolicyFile.shape).filter((name) => name !== 'limits');
    const rules = [...Object.keys(ProgramRule.shape), ...Object.keys(ShellRule.shape)];
    for (const name of [...policy, ...limits, ...rules]) expect(document).toContain(`\`${name}\``);
  });

  it('states the defaults', () => {
    const { rules: _rules, path: _path, ...defaults } = PolicyFile.parse({});
    for (const [name, value] of Object.entries({ ...defaults, ...defaults.limits })) {
      if (typeof value !== 'number') continue;
      expect(document).toMatch(new RegExp(`\`(?:limits\\.)?${name}\` \\|.*\\| ${value} \\|`));
    }
  });
});

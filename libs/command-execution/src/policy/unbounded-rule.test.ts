import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PolicyFile } from './policy-file.ts';
import { findUnboundedRule } from './unbounded-rule.ts';

const found = (policy: object): string | undefined => findUnboundedRule(PolicyFile.parse(policy));
const rule = (more: object): object => ({ rules: [{ name: 'one', ...more }] });

describe('a policy by which an operator can run anything', () => {
  it.each([
    { everything: true },
    { everything: true, rules: [{ name: 'no', effect: 'deny', program: 'rm' }] },
  ])('says so by "everything": %j', (policy) => {
    expect(found(policy)).toBe('everything');
  });

  it.each([
    { shell: true, line: { pattern: '.*' } },
    { shell: true, line: { pattern: '(?s)set -e.*' } },
    { shell: true, line: { pattern: 'systemctl status [^ ]+' } },
    { shell: true, line: { pattern: 'ls [ -~]{1,20}' } },
    { shell: true, line: { pattern: 'ls \\S+' } },
    { shell: true, line: { pattern: 'ls [[:graph:]]+' } },
    { shell: true, line: { pattern: 'ls \\PL' } },
    { shell: true, line: { pattern: '.*' }, requireApproval: true },
    { program: 'sh', args: 'any' },
    { program: '/bin/bash', args: ['-c', { pattern: '.*' }] },
    { program: 'python3.12', args: ['-c', { pattern: '[a-z. ()]+' }] },
    { program: 'env', args: [{ pattern: '[a-z]+' }] },
    { program: 'find', args: 'any' },
    { program: 'git', args: 'any' },
  ])('says so by a rule: %j', (more) => {
    expect(found(rule(more))).toBe('one');
  });

  it.each([
    { program: 'echo', args: [{ pattern: '.*', times: 'any' }] },
    { program: 'uptime', args: 'any' },
    { program: 'bash', args: ['/opt/deploy.sh', { oneOf: ['blue', 'green'] }] },
    { program: 'timeout', args: [{ pattern: '[0-9]+' }, 'uptime'] },
    { program: 'git', args: ['log', { pattern: '-[0-9]{1,3}' }] },
    { effect: 'deny', program: 'sh', args: 'any' },
    { shell: true, line: { oneOf: ['df -h | tail -n 1'] } },
    { shell: true, line: { pattern: 'df -h \\| grep [a-z0-9/]+' } },
    { shell: true, line: { pattern: 'ls [^;|&$`(\\n]*' } },
  ])('is not found with %j', (more) => {
    expect(found(rule(more))).toBeUndefined();
  });

  it('is among those that ship the one that is called so, and no other', async () => {
    const folder = path.resolve(import.meta.dirname, '../../../../policies');
    const files = await readdir(folder);
    const unbounded = [];
    for (const file of files)
      if (found(JSON.parse(await readFile(path.join(folder, file), 'utf8'))) !== undefined)
        unbounded.push(file);
    expect(unbounded).toEqual(['allow-everything.json']);
  });
});

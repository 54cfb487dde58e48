import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { profileOf } from '@parley/agent-kit';
import {
  createTestContext,
  type TestCommandOptions,
  type TestedCommand,
  testCommand,
} from '@parley/agent-kit/testing';
import { loadPolicy, type Policy } from '@parley/command-execution';
import { CAPABILITIES } from '@parley/shared-models';
import { createShellAgent, POLICY_OFF } from './shell-agent.ts';

const POLICIES = path.resolve(import.meta.dirname, '../../../../policies');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-shell-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function policyOf(policy: object): Promise<Policy> {
  const file = path.join(folder, 'policy.json');
  await writeFile(file, JSON.stringify({ user: 'same', folders: [folder], ...policy }));
  return loadPolicy(file);
}

const execute = (
  policy: Policy | undefined,
  line: string,
  options?: TestCommandOptions,
): Promise<TestedCommand> => testCommand(createShellAgent(policy), line, options);

describe('the shell agent without a policy', () => {
  it('refuses every command and says how to switch them on', async () => {
    expect(await execute(undefined, 'uptime')).toEqual({
      outcome: { refusedBy: '', errorMessage: POLICY_OFF },
      stdout: '',
      stderr: '',
      begun: [],
    });
    expect(POLICY_OFF).toContain('--policy policies/example.json');
  });

  it('does not claim that it executes commands', () => {
    expect(profileOf(createShellAgent(undefined)).capabilities).not.toContain(CAPABILITIES.executesCommands);
  });

  it('explains in chat what it is', async () => {
    const answer = await createShellAgent(undefined).onMessage(createTestContext('Run uptime!').context);
    expect(answer).toContain('What is written in chat I do not run');
    expect(answer).toContain('--policy');
  });
});

describe('the shell agent with a policy', () => {
  const rules = [
    { name: 'say', program: 'echo', args: 'any', timeoutMs: 5_000 },
    {
      name: 'big',
      description: 'prints a lot',
      program: 'seq',
      args: [{ pattern: '[0-9]+' }],
      requireApproval: true,
    },
    { name: 'fail', program: 'ls', args: ['/nonexistent'] },
  ];

  it('runs what a rule allows, and says by which rule', async () => {
    const { outcome, stdout, begun } = await execute(await policyOf({ rules }), 'echo hello   world');
    expect(outcome).toMatchObject({ exitCode: 0, isTruncated: false });
    expect(stdout).toBe('hello world\n');
    expect(begun).toEqual([{ rule: 'say', timeoutMs: 5_000 }]);
  });

  it('hands on the exit code of a program that fails', async () => {
    const { outcome, stderr } = await execute(await policyOf({ rules }), 'ls /nonexistent');
    expect(outcome).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('No such file');
  });

  it('refuses with the name of the rule, or says that there is none', async () => {
    const policy = await policyOf({ rules });
    expect(await execute(policy, 'ls /')).toMatchObject({
      outcome: { refusedBy: 'fail', errorMessage: 'The rule "fail" does not allow these arguments.' },
      begun: [],
    });
    expect(await execute(policy, 'rm -rf /')).toMatchObject({
      outcome: { refusedBy: '', errorMessage: 'No rule allows "rm".' },
    });
  });

  it('asks for an approval where the rule says so, and runs once it is there', async () => {
    const policy = await policyOf({ rules });
    expect(await execute(policy, 'seq 3')).toEqual({
      outcome: { awaitsApprovalBy: 'big' },
      stdout: '',
      stderr: '',
      begun: [],
    });
    expect(await execute(policy, 'seq 3', { approvedBy: 'Bob' })).toMatchObject({ stdout: '1\n2\n3\n' });
    expect(await execute(policy, 'rm x', { approvedBy: 'Bob' })).toMatchObject({
      outcome: { refusedBy: '' },
    });
  });

  it('prints no more than the operator and the policy let it', async () => {
    const policy = await policyOf({ rules, outputLimitBytes: 100 });
    const more = { approvedBy: 'Bob' };
    expect((await execute(policy, 'seq 1000', more)).stdout).toHaveLength(100);
    const { stdout, outcome } = await execute(policy, 'seq 1000', { ...more, outputLimitBytes: 10 });
    expect(stdout).toHaveLength(10);
    expect(outcome).toMatchObject({ isTruncated: true, exitCode: 0 });
  });

  it('looks again when its turn has come', async () => {
    const policy = await policyOf({ rules });
    const onBegin = (): Promise<void> => rm(folder, { recursive: true });
    const { outcome, stdout } = await execute(policy, 'echo hello', { onBegin });
    expect(outcome).toEqual({ errorMessage: expect.stringContaining('There is no folder') });
    expect(stdout).toBe('');
  });

  it('ends a command that is cancelled', async () => {
    const policy = await policyOf({ rules: [{ name: 'wait', program: 'sleep', args: ['1000'] }] });
    // By then it runs, on a busy machine too.
    expect(await execute(policy, 'sleep 1000', { signal: AbortSignal.timeout(2_000) })).toMatchObject({
      outcome: { signal: 'SIGTERM' },
    });
  });

  it('tells in chat what its policy knows', async () => {
    const agent = createShellAgent(await policyOf({ rules }));
    const answer = await agent.onMessage(createTestContext('What can you do?').context);
    expect(answer).toContain('- big: prints a lot, once another operator has approved it');
    expect(profileOf(agent).capabilities).toContain(CAPABILITIES.executesCommands);
  });
});

describe('the policies that ship', () => {
  it('can be loaded, all of them', async () => {
    const files = (await readdir(POLICIES)).filter((file) => file.endsWith('.json'));
    expect(files).toEqual(expect.arrayContaining(['example.json', 'allow-everything.json']));
    for (const file of files) await loadPolicy(path.join(POLICIES, file));
  });

  it('example.json lets harmless commands run, asks about a change and refuses the rest', async () => {
    const policy = await loadPolicy(path.join(POLICIES, 'example.json'));
    for (const line of [
      'echo hello',
      "echo 'a; b' --help",
      'date',
      'date -u',
      'uname -a',
      'id',
      'pwd',
      'df -h',
      'ps aux',
      'ls',
      'ls -la /tmp',
    ]) {
      expect([line, (await execute(policy, line)).outcome]).toEqual([
        line,
        expect.objectContaining({ exitCode: 0 }),
      ]);
    }
    expect((await execute(policy, 'mkdir parley-example')).outcome).toEqual({
      awaitsApprovalBy: 'make a folder',
    });
    for (const line of [
      'rm -rf /tmp/x',
      'ls /root',
      'ls /',
      'cat /etc/passwd',
      'sh -c id',
      'echo $(id)',
      'echo hi; id',
      'date -s 2020-01-01',
      'mkdir /etc/x',
      'sleep 1000',
    ]) {
      expect([line, (await execute(policy, line)).outcome]).toEqual([
        line,
        expect.objectContaining({ refusedBy: expect.any(String) }),
      ]);
    }
  });

  it('allow-everything.json gives each line to a shell', async () => {
    const policy = await loadPolicy(path.join(POLICIES, 'allow-everything.json'));
    const { outcome, stdout } = await execute(policy, 'for n in 1 2; do echo $n; done | tail -1; exit 4', {
      cwd: '/tmp',
    });
    expect(outcome).toMatchObject({ exitCode: 4 });
    expect(stdout).toBe('2\n');
  });
});

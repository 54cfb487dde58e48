import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePolicyFixture, type PolicyFixture } from '../../testing/policy-fixture.ts';
import { loadPolicy } from './load-policy.ts';

let fixture: PolicyFixture;

beforeEach(async () => {
  fixture = await makePolicyFixture();
});
afterEach(() => fixture.remove());

/** The policy's verdict on each line: the rule's name, or the refusal. */
async function verdicts(policy: object, lines: readonly string[], cwd?: string): Promise<string[]> {
  const { decide } = await fixture.load(policy);
  return Promise.all(
    lines.map(async (line) => {
      const verdict = await decide({ line, cwd });
      return verdict.kind === 'allowed' ? verdict.rule : `refused by "${verdict.rule}": ${verdict.reason}`;
    }),
  );
}

describe('a policy with rules', () => {
  it('allows what a rule describes and nothing else', async () => {
    const policy = { rules: [{ name: 'who', program: 'id', args: ['-u'] }] };
    expect(await verdicts(policy, ['id -u', 'id', 'id -u -n', 'id -g', 'uptime'])).toEqual([
      'who',
      'refused by "who": The rule "who" does not allow these arguments.',
      'refused by "who": The rule "who" does not allow these arguments.',
      'refused by "who": The rule "who" does not allow these arguments.',
      'refused by "": No rule allows "uptime".',
    ]);
  });

  it('takes the name of a program or its straight path, and no other spelling', async () => {
    const rules = [{ name: 'who', program: '/usr/bin/id' }];
    const policy = { rules, folders: ['/usr/bin'] };
    const straight = ['id', '/usr/bin/id', "'id'", '"/usr/bin/id"'];
    expect(await verdicts(policy, straight)).toEqual(straight.map(() => 'who'));
    for (const line of [
      './id',
      '../bin/id',
      '/usr/bin/../bin/id',
      '/usr//bin/id',
      '/usr/bin/./id',
      '/usr/bin/id/',
    ]) {
      expect(await verdicts(policy, [line])).toEqual([expect.stringMatching(/^refused by ""/)]);
    }
  });

  it('refuses lines that would not reach the program as they were checked', async () => {
    const rules = [
      { name: 'say', program: 'echo', args: 'any' },
      { name: 'script', shell: true, line: { pattern: '(?s)set -e.*' } },
    ];
    const refused = [
      'half \ud800',
      '\udc00',
      'a\0b',
      'a\rb',
      'a\u{1b}b',
      'a\u{7f}b',
      'a\u{9b}b',
      'a\u{202e}b',
      'a\u{2028}b',
    ];
    for (const text of refused) {
      for (const line of [`echo ${text}`, `set -e; echo ${text}`]) {
        expect(await verdicts({ rules }, [line])).toEqual([expect.stringContaining('must not hold')]);
      }
    }
    expect(
      await verdicts({ rules }, ['echo a\tb', 'echo 👋🏽', 'set -e\necho a\techo b', 'echo a\nb']),
    ).toEqual(['say', 'say', 'script', expect.stringContaining('several lines')]);
  });

  it('allows no arguments where the rule says nothing about them', async () => {
    const rules = [{ name: 'who', program: 'id' }];
    expect(await verdicts({ rules }, ['id', 'id -u'])).toEqual(['who', expect.stringMatching(/^refused/)]);
  });

  it('lets a denying rule win, wherever it stands', async () => {
    const rules = [
      { name: 'git', program: 'git', args: 'any' },
      {
        name: 'no push',
        effect: 'deny',
        program: 'git',
        args: ['push', { pattern: '.*', mayBeOption: true, times: 'any' }],
      },
    ];
    expect(await verdicts({ rules }, ['git status', 'git push', 'git push --force'])).toEqual([
      'git',
      'refused by "no push": The rule "no push" denies it.',
      'refused by "no push": The rule "no push" denies it.',
    ]);
  });

  it.each([
    [[{ oneOf: ['start', 'stop'] }], ['start', 'stop'], ['', 'restart', 'start stop']],
    [[{ pattern: '[a-z]{1,3}' }], ['abc'], ['abcd', 'abc1', 'ABC', '-ab']],
    [[{ pattern: 'a|b' }], ['a', 'b'], ['ax', 'xb']],
    [[{ pattern: '-[a-z]', mayBeOption: true }], ['-a'], ['a', '-ab']],
    [
      ['-n', { pattern: '\\d+', times: 'optional' }, 'x'],
      ['-n 1 x', '-n x'],
      ['-n 1 2 x', '-n 1'],
    ],
    [
      [{ pattern: '\\w+', times: 'any' }, 'end'],
      ['end', 'a end', 'a b end', 'end end'],
      ['a', 'a b', 'end -x'],
    ],
    [[{ pattern: '.*' }], ["''", "'a b'"], ['-', '--', '-rf', '']],
    ['any', ['', '-rf /', "a 'b c'"], []],
  ])('compares arguments with %j', async (args, fitting, others) => {
    const rules = [{ name: 'echo', program: '/bin/echo', args }];
    const lines = (texts: readonly string[]): string[] => texts.map((text) => `/bin/echo ${text}`);
    expect(await verdicts({ rules }, lines(fitting))).toEqual(fitting.map(() => 'echo'));
    for (const verdict of await verdicts({ rules }, lines(others)))
      expect(verdict).toMatch(/^refused by "echo"/);
  });

  it('needs no longer for patterns that are made to be slow', async () => {
    const rules = [
      { name: 'slow', program: '/bin/echo', args: [{ pattern: '(a+)+b' }] },
      { name: 'many', program: '/bin/echo', args: Array(50).fill({ pattern: 'a*', times: 'any' }) },
    ];
    const lines = [`/bin/echo ${'a'.repeat(30_000)}c`, `/bin/echo ${'a '.repeat(900)}b`];
    expect(await verdicts({ rules }, lines)).toEqual([
      expect.stringMatching(/^refused/),
      expect.stringMatching(/^refused/),
    ]);
  });

  it('follows the links of paths before it looks where they lead', async () => {
    await fixture.write('logs/app.log', '');
    await fixture.write('secret/key', '');
    await fixture.link('../secret', 'logs/out');
    await fixture.link('app.log', 'logs/in');
    await fixture.link('/nonexistent/target', 'logs/dangling');
    const rules = [{ name: 'read', program: '/bin/cat', args: [{ pathIn: ['logs'] }] }];
    const inside = [
      'app.log',
      './app.log',
      'in',
      `${fixture.folder}/logs/app.log`,
      'new.log',
      'new/deep.log',
      '.',
    ];
    const outside = [
      '..',
      '../secret/key',
      'out/key',
      'out',
      'out/../app.log',
      'dangling',
      '/etc/passwd',
      '',
      '-n',
      'app.log/../../secret/key',
    ];
    const lines = (files: readonly string[]): string[] => files.map((file) => `/bin/cat '${file}'`);
    const policy = { folders: ['logs'], rules };
    expect(await verdicts(policy, lines(inside))).toEqual(inside.map(() => 'read'));
    for (const verdict of await verdicts(policy, lines(outside)))
      expect(verdict).toMatch(/^refused by "read"/);
  });

  it('runs only in the folders that it names, whatever links lead there', async () => {
    await mkdir(path.join(fixture.folder, 'work/inner'), { recursive: true });
    await mkdir(path.join(fixture.folder, 'other/inner'), { recursive: true });
    await fixture.link('../other', 'work/out');
    const rules = [
      { name: 'here', program: 'pwd' },
      { name: 'there', program: 'id', folders: ['other'] },
    ];
    const policy = { folders: ['work'], rules };
    const { decide } = await fixture.load(policy);
    const where = async (line: string, cwd?: string): Promise<string> => {
      const verdict = await decide({ line, cwd });
      return verdict.kind === 'allowed' ? path.relative(fixture.folder, verdict.plan.cwd) : verdict.reason;
    };
    expect(await where('pwd')).toBe('work');
    expect(await where('pwd', 'inner')).toBe('work/inner');
    expect(await where('pwd', 'inner/..')).toBe('work');
    expect(await where('id', `${fixture.folder}/other`)).toBe('other');
    for (const cwd of ['..', 'out', 'out/inner', 'out/..', '/', '/tmp', `${fixture.folder}/other`]) {
      expect(await where('pwd', cwd)).toMatch(/^The rule "here" may not run in \//);
    }
    for (const cwd of ['nowhere', 'a\0b', 'x'.repeat(4_000)])
      expect(await where('pwd', cwd)).toMatch(/^There is no folder/);
    expect(await where('id')).toMatch(/^The rule "there" may not run in/);
  });

  it('gives a shell the lines that a rule describes, and no others', async () => {
    const rules = [
      { name: 'count', shell: true, line: { pattern: 'ps ax \\| grep -c [a-z]+' } },
      { name: 'fixed', shell: true, line: { oneOf: ['echo $HOME'] } },
      { name: 'no root', shell: true, effect: 'deny', line: { pattern: '.*root.*' } },
    ];
    const { decide } = await fixture.load({ rules });
    expect(await decide({ line: 'ps ax | grep -c node' })).toMatchObject({
      rule: 'count',
      plan: { program: '/bin/sh', args: ['-c', 'ps ax | grep -c node'] },
    });
    expect(
      await verdicts({ rules }, [
        'echo $HOME',
        'echo $HOME; id',
        'ps ax | grep -c node; id',
        'ps ax | grep -c root',
        'ps ax | grep -c node\nid',
      ]),
    ).toEqual([
      'fixed',
      expect.stringMatching(/^refused by ""/),
      expect.stringMatching(/^refused by ""/),
      expect.stringMatching(/^refused by "no root"/),
      expect.stringMatching(/^refused by ""/),
    ]);
  });

  it('takes its settings from the rule, else from the policy', async () => {
    const policy = {
      timeoutMs: 5_000,
      env: { TZ: 'UTC' },
      rules: [
        { name: 'one', program: 'id', timeoutMs: 1_000, outputLimitBytes: 10, requireApproval: true },
        { name: 'two', program: 'pwd' },
      ],
    };
    const { decide } = await fixture.load(policy);
    expect(await decide({ line: 'id' })).toMatchObject({
      needsApproval: true,
      timeoutMs: 1_000,
      plan: { outputLimitBytes: 10, env: { TZ: 'UTC' } },
    });
    expect(await decide({ line: 'pwd' })).toMatchObject({
      needsApproval: false,
      timeoutMs: 5_000,
      plan: { outputLimitBytes: 1_048_576, niceness: 10 },
    });
  });
});

describe('a policy that allows everything', () => {
  it('runs any program, but without a shell unless it says so', async () => {
    expect(await verdicts({ everything: true }, ['id -u', 'id; id', 'no-such-program'])).toEqual([
      'everything',
      expect.stringContaining('; is shell syntax'),
      expect.stringContaining('There is no program'),
    ]);
    expect(
      await verdicts({ everything: true, shell: true }, ['id; id', 'for i in 1 2\ndo echo $i\ndone']),
    ).toEqual(['everything', 'everything']);
  });

  it('keeps to what is denied, under any name of the program', async () => {
    const real = await fixture.write('bin/wipe', '#!/bin/sh\n', 0o755);
    const alias = await fixture.link(real, 'harmless');
    const policy = {
      everything: true,
      folders: ['.'],
      path: [`${fixture.folder}/bin`, '/bin'],
      rules: [{ name: 'no wiping', effect: 'deny', program: 'wipe' }],
    };
    for (const line of ['wipe', 'wipe -f', real, alias, './harmless', 'bin/../bin/wipe']) {
      expect(await verdicts(policy, [line])).toEqual([expect.stringContaining('refused by "no wiping"')]);
    }
    expect(await verdicts(policy, ['echo wipe'])).toEqual(['everything']);
  });

  it('warns the person who starts the agent', async () => {
    const { warnings } = await fixture.load({ everything: true });
    expect(warnings).toContainEqual(expect.stringContaining('allows everything'));
  });

  it("warns that commands can read the agent's secrets where they run as its own user", async () => {
    const warning = expect.stringContaining("commands run as this agent's own user");
    expect((await fixture.load({ user: 'same' })).warnings).toContainEqual(warning);
    const elsewhere = { user: 'same', rules: [{ name: 'who', program: 'id', user: 'nobody' }] };
    expect((await fixture.load(elsewhere)).warnings).toContainEqual(warning);
    if (process.getuid?.() === 0)
      expect((await fixture.load({ user: 'nobody' })).warnings).not.toContainEqual(warning);
  });
});

describe('a file that holds no policy', () => {
  it.each([
    ['{', 'is no JSON'],
    ['[]', 'is no policy'],
    ['{"rules": [{"name": "x"}]}', 'rules[0]'],
    ['{"rulez": []}', 'rulez'],
    ['{"rules": [{"name": "x", "program": "bin/id"}]}', 'an absolute path, or a name'],
    ['{"rules": [{"name": "x", "program": "id", "args": [{"pattern": "(?=a)"}]}]}', 'no RE2 pattern'],
    ['{"rules": [{"name": "x", "program": "id", "shell": true}]}', 'rules[0]'],
    [
      '{"rules": [{"name": "x", "program": "id"}, {"name": "x", "program": "id"}]}',
      'a second rule named "x"',
    ],
    ['{"rules": [{"name": "everything", "program": "id"}]}', 'taken'],
    ['{"shell": true}', 'goes with "everything"'],
    ['{"path": ["bin"]}', 'an absolute path'],
    ['{"niceness": -5}', 'niceness'],
  ])('is refused with the fault: %s', async (content, reason) => {
    const file = await fixture.write('policy.json', content);
    await expect(loadPolicy(file)).rejects.toThrow(reason);
    await expect(loadPolicy(file)).rejects.toMatchObject({
      name: 'PolicyError',
      message: expect.stringContaining(file),
    });
  });

  it('is refused when it is not there', async () => {
    await expect(loadPolicy('/nonexistent/policy.json')).rejects.toThrow('/nonexistent/policy.json');
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'is refused when it names a user that the machine does not have',
    async () => {
      const policy = { rules: [{ name: 'x', program: 'id', user: 'no-such-user' }] };
      await expect(fixture.load(policy)).rejects.toThrow('no user "no-such-user"');
    },
  );
});

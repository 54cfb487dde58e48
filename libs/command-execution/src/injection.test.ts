import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { makePolicyFixture, type PolicyFixture } from '../testing/policy-fixture.ts';
import { loadPolicy } from './policy/load-policy.ts';
import { findLaunchers } from './runner/launcher.ts';
import { runProcess } from './runner/run-process.ts';

/**
 * The policy allows to say something, to list the folder `open` and to read files in it. In all that follows `CANARY` is
 * a program that leaves a file behind when it runs, `SECRET` a file that must not be read, `OPEN` the open folder.
 */
const RULES = [
  { name: 'say', program: '/bin/echo', args: [{ pattern: '[\\pL\\pN .,!?-]+', times: 'any' }] },
  { name: 'list', program: 'ls', args: [{ oneOf: ['-l', '-a'], times: 'optional' }] },
  { name: 'read', program: 'cat', args: [{ pathIn: ['open'] }] },
  { name: 'find', program: 'find', args: ['.', '-name', { pattern: '[a-z.]+' }] },
];

const ATTEMPTS: Readonly<Record<string, readonly string[]>> = {
  'chains of commands': [
    'echo hi; CANARY',
    'echo hi;CANARY',
    'echo hi & CANARY',
    'echo hi && CANARY',
    'nonsense || CANARY',
    'echo hi | CANARY',
    'echo hi |& CANARY',
    '; CANARY',
    '! CANARY',
    '{ CANARY; }',
    '(CANARY)',
    'if true; then CANARY; fi',
    'time CANARY',
    'coproc CANARY',
  ],
  substitutions: [
    'echo $(CANARY)',
    'echo `CANARY`',
    'echo "$(CANARY)"',
    'echo "`CANARY`"',
    'echo <(CANARY)',
    'echo >(CANARY)',
    `echo \${x:-$(CANARY)}`,
    'echo $((a[$(CANARY)]))',
    `echo "\${IFS}$(CANARY)"`,
    "echo $'\\x24(CANARY)'",
    'echo {a,$(CANARY)}',
    `ls\${IFS}-l;CANARY`,
    'echo $SECRET_OF_THE_AGENT',
  ],
  redirections: [
    'echo hi > LEFT',
    'echo hi >> LEFT',
    'echo hi >| LEFT',
    'echo 2>LEFT',
    'cat < SECRET',
    'cat <<< $(CANARY)',
    'echo &>LEFT',
  ],
  'line breaks and control characters': [
    'echo hi\nCANARY',
    'echo hi\r\nCANARY',
    'echo hi\rCANARY',
    'echo hi\0; CANARY',
    'CANARY\0',
    'echo \\\nCANARY',
    'echo hi\u{b}CANARY',
    'echo hi\u{85}CANARY',
    'echo hi\u{2028}CANARY',
    '\u{202e}YRANAC ohce',
    'echo \u{1b}]0;CANARY\u{7}',
    'echo hi\u{7f}; CANARY',
  ],
  'characters that look alike': [
    'echo hi； CANARY',
    'echo hi\u{37e} CANARY',
    'echo hi ｜ CANARY',
    'echo hi ＆＆ CANARY',
    'echo ＄(CANARY)',
    'echo ´CANARY´',
    'есho CANARY',
    'саt SECRET',
    'ｃａｔ SECRET',
    'cat\u{a0}SECRET',
    'cat ＂SECRET＂',
    'cat ．．/secret/key',
    'cat ‥/secret/key',
    'cat OPEN∕..∕secret∕key',
    'echo \u{ff04}\u{ff08}CANARY\u{ff09}',
    'echo \ud800; CANARY',
  ],
  'arguments that are options': [
    'ls --hyperlink=CANARY',
    'ls -la --color',
    'ls -l SECRET',
    'ls -- /',
    'cat -- SECRET',
    'cat -',
    'cat --show-all',
    'find . -name x -exec CANARY \\;',
    "find . -name x -exec CANARY '{}' +",
    'find . -name -delete',
    'find . -name x -fprint LEFT',
    'find . -name -exec',
    'find / -name key',
  ],
  'paths to other programs': [
    'CANARY',
    "'CANARY'",
    '"CANARY"',
    './canary',
    'canary',
    '../canary',
    '/bin/../CANARY',
    '/bin/./../CANARY',
    '//bin//sh -c CANARY',
    '/proc/self/exe -e 1',
    '/proc/self/root/CANARY',
    '/proc/self/cwd/canary',
    './echo hi',
    './cat SECRET',
    'say',
    'sh -c CANARY',
    "bash -c 'CANARY'",
    'env CANARY',
    'exec CANARY',
    'eval CANARY',
    '. CANARY',
    'source CANARY',
    'command CANARY',
    'nohup CANARY',
    'xargs CANARY',
    'sudo CANARY',
    '/lib64/ld-linux-x86-64.so.2 CANARY',
    'busybox sh -c CANARY',
    '\\CANARY',
    '~/canary',
    '~root/canary',
  ],
  'paths to other files': [
    'cat SECRET',
    'cat ../secret/key',
    'cat OPEN/../secret/key',
    'cat OPEN/link-out/key',
    'cat OPEN/link-to-key',
    'cat OPEN/link-out/../secret/key',
    'cat /proc/self/root/SECRET',
    'cat /proc/self/cwd/../secret/key',
    'cat /proc/self/environ',
    'cat /proc/PID/environ',
    'cat /dev/fd/0',
    "cat ''",
    'cat OPEN/file SECRET',
    'cat file://SECRET',
    'cat OPEN\u{2f}..\u{2f}secret/key',
    'cat %2e%2e/secret/key',
    "cat 'OPEN/../secret/key'",
    'cat OPEN/./../secret/key',
    'cat OPEN//..//secret/key',
  ],
  environment: [
    'LD_PRELOAD=CANARY echo hi',
    'PATH=OPEN ls',
    'IFS=; CANARY',
    'BASH_ENV=CANARY echo hi',
    'ENV=CANARY echo hi',
    'env LD_PRELOAD=CANARY echo hi',
    'env -S CANARY',
    'export PATH=OPEN',
    "'PATH'=OPEN ls",
    'PS4=$(CANARY) echo hi',
  ],
  patterns: [
    'cat *',
    'cat OPEN/../*/key',
    'cat OPEN/../secre?/key',
    'cat [s]ecret',
    'ls *',
    'cat {SECRET,x}',
    '/???/??t SECRET',
    '/bin/c*t SECRET',
  ],
  quotes: [
    `echo 'hi'; CANARY`,
    `echo 'hi'"; CANARY`,
    `echo "hi'; CANARY`,
    `echo 'it'\\''s'; CANARY`,
    `echo \\"; CANARY`,
    `echo "\\\\"; CANARY`,
    `echo '\\'; CANARY; '`,
    `ec'h'o hi; CANARY`,
    `"echo hi; CANARY"`,
    `'echo hi'`,
    'echo "',
    "echo '",
    'echo hi \\',
  ],
  'too much': [
    `echo ${'a'.repeat(200_000)}; CANARY`,
    `echo ${'a '.repeat(20_000)}; CANARY`,
    `${'('.repeat(50_000)}CANARY${')'.repeat(50_000)}`,
    `echo ${"'".repeat(30_001)}CANARY`,
    ' '.repeat(100_000),
    `${'/'.repeat(5_000)}CANARY`,
    `cat ${'OPEN/../'.repeat(1_000)}secret/key`,
    '',
  ],
};

const HARMLESS = [
  ['echo hi', 'hi\n'],
  ["echo 'Grüße, Ada!'", 'Grüße, Ada!\n'],
  ['ls', 'echo\nfile\nlink-out\nlink-to-key\n'],
  ['cat file', 'this may be read'],
  ['find . -name file', './file\n'],
] as const;

describe('against a policy that allows a few things', () => {
  const commandId = newId();
  let fixture: PolicyFixture;
  let before: string[];

  beforeEach(async () => {
    fixture = await makePolicyFixture();
    await fixture.write('open/file', 'this may be read');
    await fixture.write('secret/key', 'THE KEY', 0o644);
    await fixture.write(
      'canary',
      `#!/bin/sh\necho ran > ${fixture.folder}/CANARY-RAN\necho THE KEY\n`,
      0o755,
    );
    // In the folder where commands run: a PATH with `.` in it would find this.
    await fixture.write('open/echo', `#!/bin/sh\n${fixture.folder}/canary\n`, 0o755);
    await fixture.link('../secret', 'open/link-out');
    await fixture.link('../secret/key', 'open/link-to-key');
    await fixture.write('policy.json', JSON.stringify({ folders: ['open'], rules: RULES, user: 'same' }));
    before = await readdir(fixture.folder);
    process.env.SECRET_OF_THE_AGENT = 'THE KEY';
  });
  afterEach(async () => {
    delete process.env.SECRET_OF_THE_AGENT;
    await fixture.remove();
  });

  /** Handles the line as an agent does, and tells the output. */
  async function run(line: string): Promise<{ rule: string; printed: string; program?: string }> {
    const { decide } = await loadPolicy(path.join(fixture.folder, 'policy.json'));
    const verdict = await decide({ line });
    if (verdict.kind === 'refused') return { rule: verdict.rule, printed: '' };
    let printed = '';
    await runProcess(verdict.plan, {
      commandId,
      signal: AbortSignal.timeout(5_000),
      launchers: await findLaunchers(),
      onOutput: (_stream, text) => {
        printed += text;
      },
    });
    return { rule: verdict.rule, printed, program: verdict.plan.program };
  }

  it.each(HARMLESS)('does %s', async (line, printed) => {
    expect(await run(line)).toMatchObject({ printed });
  });

  it('could be seen to fail: the canary leaves its mark', async () => {
    await fixture.write('policy.json', JSON.stringify({ everything: true, user: 'same', folders: ['open'] }));
    expect(await run(`${fixture.folder}/canary`)).toMatchObject({ printed: 'THE KEY\n' });
    expect(await readdir(fixture.folder)).not.toEqual(before);
  });

  describe.each(Object.entries(ATTEMPTS))('runs nothing unlisted through %s', (_kind, attempts) => {
    it.each(attempts.map((attempt) => [attempt.length > 80 ? `${attempt.slice(0, 80)}…` : attempt, attempt]))(
      '%j',
      async (_shown, attempt) => {
        const line = attempt
          .replaceAll('CANARY', `${fixture.folder}/canary`)
          .replaceAll('SECRET', `${fixture.folder}/secret/key`)
          .replaceAll('OPEN', `${fixture.folder}/open`)
          .replaceAll('LEFT', `${fixture.folder}/left`)
          .replaceAll('PID', String(process.pid));
        const { printed, program } = await run(line);
        // Printing harmless text is allowed; nothing else may be printed or changed.
        expect([
          undefined,
          '/bin/echo',
          '/usr/bin/ls',
          '/usr/bin/cat',
          '/usr/bin/find',
          '/bin/ls',
          '/bin/cat',
          '/bin/find',
        ]).toContain(program);
        expect(printed).not.toContain('THE KEY');
        expect(await readdir(fixture.folder)).toEqual(before);
        expect((await stat(path.join(fixture.folder, 'open/file'))).size).toBe('this may be read'.length);
      },
    );
  });

  it('is tried in many more than sixty ways', () => {
    expect(Object.values(ATTEMPTS).flat().length).toBeGreaterThan(120);
  });
});

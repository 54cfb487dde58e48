import { open, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { isRoot, MiB, processFixture } from '../../testing/process-fixture.ts';
import { type ProcessPlan, runProcess } from './run-process.ts';
import { currentUser, findUser, type SystemUser } from './system-user.ts';

const fixture = processFixture();
const { start } = fixture;

describe('a program', () => {
  it('tells both streams apart, and ends with its exit code', async () => {
    const running = start('echo out; echo err >&2; exit 3');
    expect(await running.ended).toMatchObject({ exitCode: 3, isTruncated: false });
    expect(running.printed).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('ends with the signal that ended it', async () => {
    const end = await start('kill -9 $$').ended;
    expect(end).toMatchObject({ signal: 'SIGKILL' });
    expect(end.exitCode).toBeUndefined();
  });

  it('is seen while it runs', async () => {
    const running = start('echo now; exec sleep 1000');
    expect(await running.sees(/now/)).toBe('now');
    running.stop();
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
  });

  it('finds nothing on stdin and no terminal', async () => {
    const running = start('cat; tty; [ -t 1 ] || echo no terminal');
    await running.ended;
    expect(running.printed.stdout).toBe('not a tty\nno terminal\n');
  });

  it('keeps its colours', async () => {
    const running = start(`printf '\\033[31mred\\033[0m'`);
    await running.ended;
    expect(running.printed.stdout).toBe('\u{1b}[31mred\u{1b}[0m');
  });

  it('is told nothing of the environment of the agent', async () => {
    process.env.PARLEY_TEST_SECRET = 'p455';
    try {
      const running = start('env');
      await running.ended;
      expect(running.printed.stdout).not.toContain('p455');
      const names = running.printed.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0]);
      const known = [
        'PATH',
        'HOME',
        'USER',
        'LOGNAME',
        'LANG',
        'TERM',
        'FORCE_COLOR',
        'CLICOLOR_FORCE',
        'PARLEY_COMMAND_ID',
        'PWD',
        'OLDPWD',
        'SHLVL',
        '_',
      ];
      expect(known).toEqual(expect.arrayContaining(names));
    } finally {
      delete process.env.PARLEY_TEST_SECRET;
    }
  });

  it('inherits no open file of the agent', async () => {
    const secret = await open(`${fixture.folder}/secret-of-the-agent`, 'w');
    const running = start('ls -l /dev/fd/');
    await running.ended;
    await secret.close();
    expect(running.printed.stdout).toContain('/dev/null');
    expect(running.printed.stdout).not.toContain('secret-of-the-agent');
  });

  it('stands back for others', async () => {
    const running = start('nice', { niceness: 7 });
    await running.ended;
    expect(Number(running.printed.stdout)).toBeGreaterThanOrEqual(7);
  });

  it.each([
    ['a program that does not exist', { program: '/nonexistent/program' }],
    ['a folder that is gone', { cwd: '/nonexistent' }],
  ])('says why it did not start: %s', async (_name, plan) => {
    const running = start('echo hi', { niceness: 0, ...plan });
    const { exitCode, errorMessage } = await running.ended;
    expect(exitCode).not.toBe(0);
    expect(`${errorMessage}${running.printed.stderr}`).toMatch(/ENOENT|No such file/);
  });

  it('is not started when it was stopped before', async () => {
    const running = start(`touch ${fixture.folder}/ran`);
    running.stop();
    await running.ended;
    const late = runProcess(
      {
        ...({} as ProcessPlan),
        program: '/bin/sh',
        args: ['-c', `touch ${fixture.folder}/ran`],
        cwd: '/tmp',
        env: {},
        user: currentUser(),
        niceness: 0,
        limits: { processes: 9, memoryBytes: MiB, openFiles: 20 },
        outputLimitBytes: 1,
      },
      { commandId: newId(), signal: AbortSignal.abort(), launchers: fixture.launchers, onOutput() {} },
    );
    expect(await late).toMatchObject({ errorMessage: expect.stringContaining('stopped') });
  });

  (isRoot ? it : it.skip)('runs as the user that it is to run as, in no other group', async () => {
    const nobody = (await findUser('nobody')) as SystemUser;
    const running = start('id -u; id -G; echo $HOME', { user: nobody });
    await running.ended;
    expect(running.printed.stdout).toBe(`${nobody.uid}\n${nobody.gid}\n${nobody.home}\n`);
  });
});

describe('output', () => {
  it('is whole where characters fall on the borders of chunks', async () => {
    // Each byte on its own, with time between, so that the pipe hands them on one by one; the last ones are not printed
    // before the first character was read, however long that takes.
    const each = `do printf "\\\\$b"; sleep 0.02; done`;
    const go = `${fixture.folder}/go`;
    const running = start(
      `for b in 303 274 360 237; ${each}; until [ -e ${go} ]; do sleep 0.02; done; for b in 221 213 342 202 254; ${each}`,
    );
    await running.sees(/ü/);
    await writeFile(go, '');
    await running.ended;
    expect(running.printed.stdout).toBe('ü👋€');
    expect(running.pieces.length).toBeGreaterThan(1);
  });

  it('shows bytes that are not UTF-8, and output that ends within a character', async () => {
    const running = start(`printf 'a\\377b\\303'`);
    await running.ended;
    expect(running.printed.stdout).toBe('a\u{fffd}b\u{fffd}');
  });

  it('holds no NUL', async () => {
    const running = start(`printf 'a\\0b'`);
    await running.ended;
    expect(running.printed.stdout).toBe('a\u{fffd}b');
  });

  it('ends at the limit, over both streams, in front of a character that does not fit', async () => {
    const script = `printf 'üüü'; until [ -e ${fixture.folder}/go ]; do sleep 0.02; done; printf 'üü' >&2; echo more; touch ${fixture.folder}/done`;
    const running = start(script, { outputLimitBytes: 9 });
    await running.sees(/üüü/);
    await writeFile(`${fixture.folder}/go`, '');
    expect(await running.ended).toMatchObject({ exitCode: 0, isTruncated: true });
    expect(running.printed).toEqual({ stdout: 'üüü', stderr: 'ü' });
    // The program itself goes on to its end.
    expect(await readFile(`${fixture.folder}/done`, 'utf8')).toBe('');
  });

  it('is not truncated when it fits exactly', async () => {
    const running = start(`printf 12345`, { outputLimitBytes: 5 });
    expect(await running.ended).toMatchObject({ isTruncated: false });
    expect(running.printed.stdout).toBe('12345');
  });

  it('of 400 MB leaves the memory as it is', async () => {
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const running = start('yes 0123456789 | head -c 400000000');
    const end = await running.ended;
    clearInterval(watch);
    expect(end).toMatchObject({ exitCode: 0, isTruncated: true });
    expect(running.printed.stdout).toHaveLength(MiB);
    expect((peak - before) / MiB).toBeLessThan(200);
  });
});

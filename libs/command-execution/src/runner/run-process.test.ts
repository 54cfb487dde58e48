import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { execa } from 'execa';
import { cleanEnvironment } from './clean-environment.ts';
import { isAlive } from './end-processes.ts';
import { findLaunchers, type Launchers } from './launcher.ts';
import { type ProcessEnd, type ProcessPlan, runProcess } from './run-process.ts';
import { currentUser, findUser, type SystemUser } from './system-user.ts';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

let launchers: Launchers;
let folder: string;

beforeAll(async () => {
  launchers = await findLaunchers();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Running {
  readonly ended: Promise<ProcessEnd>;
  /** Everything so far, by stream. */
  readonly printed: { stdout: string; stderr: string };
  readonly pieces: string[];
  /** Resolves with what the pattern finds in stdout. */
  sees(pattern: RegExp): Promise<string>;
  stop(): void;
}

function start(script: string, plan: Partial<ProcessPlan> = {}, killGraceMs = 3_000): Running {
  const abort = new AbortController();
  const printed = { stdout: '', stderr: '' };
  const pieces: string[] = [];
  const news = new EventTarget();
  const user = plan.user ?? currentUser();
  const ended = runProcess(
    {
      program: '/bin/sh',
      args: ['-c', script],
      cwd: '/tmp',
      env: cleanEnvironment(['/usr/bin', '/bin'], user, {}),
      user,
      niceness: 0,
      limits: { processes: 64, memoryBytes: 256 * MiB, openFiles: 256 },
      outputLimitBytes: MiB,
      ...plan,
    },
    {
      commandId: newId(),
      signal: abort.signal,
      launchers,
      killGraceMs,
      onOutput(stream, text) {
        printed[stream] += text;
        pieces.push(text);
        news.dispatchEvent(new Event('output'));
      },
    },
  );
  return {
    ended,
    printed,
    pieces,
    async sees(pattern) {
      for (;;) {
        const found = pattern.exec(printed.stdout);
        if (found !== null) return found[1] ?? found[0];
        await once(news, 'output');
      }
    },
    stop: () => abort.abort(),
  };
}

/** What the machine knows, without asking the code under test. */
async function isRunning(pid: string | number): Promise<boolean> {
  const { stdout } = await execa('ps', ['-o', 'stat=', '-p', String(pid)], { reject: false });
  return stdout !== '' && !stdout.startsWith('Z');
}

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
    const secret = await open(`${folder}/secret-of-the-agent`, 'w');
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
    ['a program that is none', { program: '/nonexistent/program' }],
    ['a folder that is gone', { cwd: '/nonexistent' }],
  ])('says why it did not start: %s', async (_name, plan) => {
    const running = start('echo hi', { niceness: 0, ...plan });
    const { exitCode, errorMessage } = await running.ended;
    expect(exitCode).not.toBe(0);
    expect(`${errorMessage}${running.printed.stderr}`).toMatch(/ENOENT|No such file/);
  });

  it('is not started when it was stopped before', async () => {
    const running = start(`touch ${folder}/ran`);
    running.stop();
    await running.ended;
    const late = runProcess(
      {
        ...({} as ProcessPlan),
        program: '/bin/sh',
        args: ['-c', `touch ${folder}/ran`],
        cwd: '/tmp',
        env: {},
        user: currentUser(),
        niceness: 0,
        limits: { processes: 9, memoryBytes: MiB, openFiles: 20 },
        outputLimitBytes: 1,
      },
      { commandId: newId(), signal: AbortSignal.abort(), launchers, onOutput() {} },
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
    // Each byte on its own, with time between, so that the pipe hands them on one by one.
    const running = start(
      `for b in 303 274 360 237 221 213 342 202 254; do printf "\\\\$b"; sleep 0.02; done`,
    );
    await running.ended;
    expect(running.printed.stdout).toBe('ü👋€');
    expect(running.pieces.length).toBeGreaterThan(1);
  });

  it('shows what is no UTF-8, and what ends within a character', async () => {
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
    const script = `printf 'üüü'; until [ -e ${folder}/go ]; do sleep 0.02; done; printf 'üü' >&2; echo more; touch ${folder}/done`;
    const running = start(script, { outputLimitBytes: 9 });
    await running.sees(/üüü/);
    await writeFile(`${folder}/go`, '');
    expect(await running.ended).toMatchObject({ exitCode: 0, isTruncated: true });
    expect(running.printed).toEqual({ stdout: 'üüü', stderr: 'ü' });
    // The program itself goes on to its end.
    expect(await readFile(`${folder}/done`, 'utf8')).toBe('');
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

describe('stopping', () => {
  it('ends the whole process group', async () => {
    const running = start('sleep 1000 & echo child $!; sleep 1000');
    const child = await running.sees(/child (\d+)\n/);
    expect(await isRunning(child)).toBe(true);
    running.stop();
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(await isRunning(child)).toBe(false);
  });

  it('lets a program end its own way', async () => {
    const running = start(`trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done`);
    await running.sees(/ready/);
    running.stop();
    expect(await running.ended).toMatchObject({ exitCode: 7 });
    expect(running.printed.stdout).toContain('bye');
  });

  it('kills what does not heed SIGTERM, after the grace time', async () => {
    const running = start(`trap '' TERM; echo pid $$; while :; do sleep 0.05; done`, {}, 200);
    const pid = await running.sees(/pid (\d+)\n/);
    running.stop();
    expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await isRunning(pid)).toBe(false);
  });

  it('kills a child that does not heed SIGTERM although its parent did', async () => {
    const running = start(
      `(trap '' TERM; echo ready; while :; do sleep 0.05; done) & echo child $!; wait`,
      {},
      200,
    );
    const child = await running.sees(/child (\d+)\n/);
    await running.sees(/ready/);
    running.stop();
    await running.ended;
    expect(await isRunning(child)).toBe(false);
  });

  it('ends a program that stands still', async () => {
    const running = start('echo pid $$; kill -STOP $$; sleep 1000', {}, 30_000);
    await running.sees(/pid (\d+)\n/);
    running.stop();
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
  });

  (isLinux ? it : it.skip)('finds a daemon that has left the group and the session', async () => {
    const running = start(
      `setsid sh -c 'trap "" TERM; echo daemon $$; exec >/dev/null 2>&1; while :; do sleep 0.05; done' & sleep 1000`,
      {},
      200,
    );
    const daemon = await running.sees(/daemon (\d+)\n/);
    running.stop();
    await running.ended;
    expect(await isRunning(daemon)).toBe(false);
  });
});

describe('the end of a program', () => {
  it('ends what it has left in the background', async () => {
    const running = start('sleep 1000 & echo child $!');
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    const child = /child (\d+)/.exec(running.printed.stdout)?.[1] ?? '';
    expect(await isRunning(child)).toBe(false);
  });

  (isLinux ? it : it.skip)('ends a daemon too', async () => {
    const running = start(`setsid sleep 1000 >/dev/null 2>&1 & echo daemon $!`);
    await running.ended;
    const daemon = /daemon (\d+)/.exec(running.printed.stdout)?.[1] ?? '';
    expect(await isRunning(daemon)).toBe(false);
  });

  it('is not held up by a process that cannot be found and keeps the pipe', async () => {
    const running = start(`setsid env -i /bin/sh -c 'echo hidden $$; exec sleep 1000' & sleep 0.3`);
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    const hidden = Number(/hidden (\d+)/.exec(running.printed.stdout)?.[1]);
    expect(isAlive(hidden)).toBe(true);
    process.kill(hidden, 'SIGKILL');
  });
});

(isLinux ? describe : describe.skip)('under its limits', () => {
  it('a program with too much memory fails by itself', async () => {
    const script = `exec ${process.execPath} -e 'const all = []; for (;;) all.push(Buffer.alloc(16 << 20, 1))'`;
    const running = start(script, { limits: { processes: 64, memoryBytes: 256 * MiB, openFiles: 256 } });
    const end = await running.ended;
    expect(end.exitCode ?? end.signal).not.toBe(0);
  });

  it('a program runs also where less is allowed than the policy would give', async () => {
    const limits = { processes: 10_000_000, memoryBytes: 2 ** 50, openFiles: 100_000_000 };
    const running = start('echo fine', { limits });
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    expect(running.printed).toEqual({ stdout: 'fine\n', stderr: '' });
  });

  it('writes no file larger than it may', async () => {
    const limits = { processes: 64, memoryBytes: 256 * MiB, openFiles: 256, fileBytes: 4_096 };
    await start(`head -c 100000 /dev/zero > ${folder}/file`, { limits }).ended;
    expect(await readFile(`${folder}/file`)).toHaveLength(4_096);
  });

  (isRoot ? it : it.skip)('root has no more processes than it may for long', async () => {
    const limits = { processes: 20, memoryBytes: 256 * MiB, openFiles: 256 };
    const running = start('for n in $(seq 60); do sleep 1000 & done; wait', { limits });
    expect(await running.ended).toMatchObject({
      signal: 'SIGKILL',
      errorMessage: 'It had more than 20 processes.',
    });
  });

  (isRoot ? it : it.skip)('a fork bomb comes to nothing', async () => {
    const nobody = (await findUser('nobody')) as SystemUser;
    const running = start('bomb() { bomb | bomb & }; bomb; sleep 1000', { user: nobody });
    while (!running.printed.stderr.includes('fork')) await delay(10);
    const count = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && uidOf(name) === nobody.uid,
    ).length;
    expect(count).toBeLessThanOrEqual(64 + 2);
    running.stop();
    await running.ended;
    expect(readdirSync('/proc').filter((name) => /^\d+$/.test(name) && uidOf(name) === nobody.uid)).toEqual(
      [],
    );
  });
});

function uidOf(pid: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return /^State:\s+Z/m.test(status) ? undefined : Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

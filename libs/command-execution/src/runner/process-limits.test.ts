import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { isLinux, isRoot, MiB, processFixture } from '../../testing/process-fixture.ts';
import { findUser, type SystemUser } from './system-user.ts';

const fixture = processFixture();
const { start } = fixture;

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
    await start(`head -c 100000 /dev/zero > ${fixture.folder}/file`, { limits }).ended;
    expect(await readFile(`${fixture.folder}/file`)).toHaveLength(4_096);
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

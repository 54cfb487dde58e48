import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { startOrphanGuard } from './orphan-guard.ts';
import { MARKER } from './proc-files.ts';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process in a group of its own that stays until it is killed; resolves when it is there. */
async function startSleeper(commandId: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; exec sleep 1000'], {
    detached: true,
    env: { PATH: '/usr/bin:/bin', [MARKER]: commandId },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}

const fail = (error: Error): never => {
  throw error;
};

describe('the guard of a command', () => {
  it('kills its processes, daemons too, when the agent dies of any cause', async () => {
    const ids = [newId(), newId(), newId()] as const;
    const [member, daemon, other] = await Promise.all([
      startSleeper(ids[0]),
      startSleeper(ids[1]),
      startSleeper(ids[2]),
    ]);
    const agent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { startOrphanGuard } from ${JSON.stringify(import.meta.resolve('./orphan-guard.ts'))};
         const fail = (error) => { throw error; };
         startOrphanGuard(${member.pid}, '${newId()}', fail);
         startOrphanGuard(2147483646, '${ids[1]}', fail);
         setInterval(() => {}, 1000);
         process.stdout.write('guarded\\n');`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(agent);
    await once(createInterface({ input: agent.stdout }), 'line');
    const ended = Promise.all([once(member, 'exit'), once(daemon, 'exit')]);
    agent.kill('SIGKILL');
    expect(await ended).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  it('touches nothing when it is closed', async () => {
    const commandId = newId();
    const sleeper = await startSleeper(commandId);
    await startOrphanGuard(sleeper.pid, commandId, fail).close();
    expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
  });
});

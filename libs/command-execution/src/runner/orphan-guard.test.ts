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

/** A process that keeps its word, in a group of its own, and tells when it is there. */
async function startSleeper(commandId: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; exec sleep 1000'], {
    detached: true,
    env: { PATH: '/usr/bin:/bin', [MARKER]: commandId },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

describe('the guard of commands', () => {
  it('kills their processes, daemons too, when the agent dies of whatever', async () => {
    const agent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { startOrphanGuard } from ${JSON.stringify(import.meta.resolve('./orphan-guard.ts'))};
         const guard = startOrphanGuard((error) => { throw error; });
         process.stdin.on('data', (data) => { eval(String(data)); process.stdout.write('done\\n'); });
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(agent);
    const answers = createInterface({ input: agent.stdout })[Symbol.asyncIterator]();
    const ids = [newId(), newId(), newId()] as const;
    const [member, daemon, finished] = await Promise.all(ids.map(startSleeper));
    if (member === undefined || daemon === undefined || finished === undefined)
      throw new Error('unreachable');
    agent.stdin.write(
      `guard.watch(${member.pid}, '${ids[0]}'); guard.watch(2147483646, '${ids[1]}'); guard.watch(${finished.pid}, '${ids[2]}'); guard.forget(${finished.pid}, '${ids[2]}');`,
    );
    await answers.next();
    const ended = Promise.all([once(member, 'exit'), once(daemon, 'exit')]);
    agent.kill('SIGKILL');
    expect(await ended).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    expect(finished.exitCode ?? finished.signalCode).toBeNull();
  });

  it('leaves without a trace when it is closed', async () => {
    const commandId = newId();
    const sleeper = await startSleeper(commandId);
    const errors: Error[] = [];
    const guard = startOrphanGuard((error) => errors.push(error));
    guard.watch(sleeper.pid ?? 0, commandId);
    await guard.close();
    expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
    expect(errors).toEqual([]);
  });

  it('does not keep a process from ending', async () => {
    const program = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { startOrphanGuard } from ${JSON.stringify(import.meta.resolve('./orphan-guard.ts'))}; startOrphanGuard(console.error);`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    children.push(program);
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { isLinux, isRunning, processFixture } from '../../testing/process-fixture.ts';
import { isAlive } from './end-processes.ts';

const fixture = processFixture();
const { start } = fixture;

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
    const running = start(
      `trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done`,
      {},
      30_000,
    );
    await running.sees(/ready/);
    running.stop();
    expect(await running.ended).toMatchObject({ exitCode: 7 });
    expect(running.printed.stdout).toContain('bye');
  });

  it('kills processes that ignore SIGTERM, after the grace time', async () => {
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
  it('ends the processes that it has left in the background', async () => {
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
    const isHidden = `${fixture.folder}/hidden`;
    const running = start(
      `setsid env -i /bin/sh -c 'echo hidden $$; : > ${isHidden}; exec sleep 1000' & until [ -e ${isHidden} ]; do sleep 0.02; done`,
    );
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    const hidden = Number(/hidden (\d+)/.exec(running.printed.stdout)?.[1]);
    expect(isAlive(hidden)).toBe(true);
    process.kill(hidden, 'SIGKILL');
  });
});

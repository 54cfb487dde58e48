import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { newId, TaskDetail } from '@parley/shared-models';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';
import { begun, effects, gate, reached } from './agents/task-paths.ts';

const planner = path.join(import.meta.dirname, 'agents/task-planner-agent.ts');
const executor = path.join(import.meta.dirname, 'agents/task-executor-agent.ts');
const STEPS = ['a', 'b', 'c', 'd', 'report'];
const LEASE_MS = 4000;

describe.each(SYSTEM_KINDS)('tasks of several instances, on $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let client: RawClient;
  let dir: string;

  const startAgent = (file: string, id: string): Promise<ParleyProcess> =>
    system.startAgent({ file, id, env: { TASK_DIR: system.dataDir } });
  beforeAll(async () => {
    const env = { TASK_LEASE_MS: String(LEASE_MS), AGENT_GRACE_MS: '60000', RATE_LIMIT: 'off' };
    system = await startSystem({ driver, hasPostgres, agents: [], env });
    dir = path.join(system.dataDir, 'tasks');
    mkdirSync(dir);
    await Promise.all([1, 2, 3, 4].map((n) => startAgent(executor, `executor-${n}`)));
    client = await connectRaw(system.webSocketUrl);
  }, 180_000);
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const taskOf = async (id: string): Promise<TaskDetail> =>
    TaskDetail.parse(await (await fetch(`${system.url}/api/tasks/${id}`)).json());
  const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n');
  const begin = async (run: string, held = ''): Promise<string> => {
    const id = sendText(client, `diamond ${run} ${held}`, { target: { group: 'planner' } });
    const { message } = await client.received(
      'message',
      (frame) => frame.message.inReplyTo === id && frame.message.text.startsWith('begun'),
    );
    return message.text.split(' ')[1] ?? '';
  };
  const finished = (taskId: string): Promise<TaskDetail> =>
    eventually(async () => {
      const task = await taskOf(taskId);
      expect(task.state).toBe('REFINEMENT_READY');
      return task;
    }, 180_000);
  const drives = (taskId: string) => (line: { msg: string; taskId?: unknown }) =>
    line.msg === 'driving a task' && line.taskId === taskId;
  /** Who drives the task, and who could. */
  const driverOf = (planners: readonly ParleyProcess[], taskId: string) =>
    eventually(() => {
      const one = planners.find(({ log }) => log.some(drives(taskId)));
      const other = planners.find((each) => each !== one);
      if (one === undefined || other === undefined) throw new Error('nobody drives it yet');
      return { one, other };
    });
  const stepsOf = (run: string): string[] =>
    linesOf(effects(run, dir))
      .map((line) => line.split(' ')[0] ?? '')
      .toSorted();

  it('finish all of 20 at once with 4 executors, and mix nothing', async () => {
    const one = await startAgent(planner, 'planner');
    const runs = Array.from({ length: 20 }, () => newId());
    const ids = await Promise.all(runs.map((run) => begin(run)));
    const tasks = await Promise.all(ids.map(finished));
    const executors = new Set<string>();
    for (const [n, task] of tasks.entries()) {
      const run = runs[n] ?? '';
      expect(task.title).toBe(`The run ${run}`);
      for (const step of task.plan.filter(({ kind }) => kind === 'step'))
        expect(step.summary).toBe(`${run} ${step.id}`);
      expect(task.rounds[0]?.report?.text.match(new RegExp(run, 'g'))).toHaveLength(5);
      expect(stepsOf(run)).toEqual(STEPS);
      expect(linesOf(begun(run, dir)).toSorted()).toEqual(STEPS);
      for (const { agentId } of task.plan) executors.add(agentId ?? '');
    }
    expect([...executors].toSorted()).toEqual([1, 2, 3, 4].map((n) => `executor-${n}`));
    await one.terminate();
  }, 180_000);

  describe('with two drivers', () => {
    let planners: ParleyProcess[];
    beforeAll(async () => {
      planners = await Promise.all([startAgent(planner, 'planner-1'), startAgent(planner, 'planner-2')]);
    }, 180_000);

    it('are given back by one that is stopped, and driven on by the other at once', async () => {
      const run = newId();
      const taskId = await begin(run, 'b');
      await eventually(() => linesOf(reached(run, 'b', dir)));
      const { one, other } = await driverOf(planners, taskId);
      expect(await one.terminate()).toBe(0);
      await other.logged(drives(taskId));
      writeFileSync(gate(run, 'b', dir), '');
      expect((await finished(taskId)).plan.every(({ attempt }) => attempt === 1)).toBe(true);
      expect(linesOf(begun(run, dir)).toSorted()).toEqual(STEPS);
      planners = [other, await startAgent(planner, 'planner-3')];
    }, 180_000);

    it('are taken over from one that hangs, which cannot change them when it is back', async () => {
      const run = newId();
      const taskId = await begin(run, 'b');
      await eventually(() => linesOf(reached(run, 'b', dir)));
      const { one, other } = await driverOf(planners, taskId);
      one.signal('SIGSTOP');
      await other.logged(drives(taskId));
      one.signal('SIGCONT');
      writeFileSync(gate(run, 'b', dir), '');
      await finished(taskId);
      expect(stepsOf(run)).toEqual(STEPS);
      expect(linesOf(begun(run, dir)).toSorted()).toEqual(STEPS);
    }, 180_000);

    it('are taken over from one that is dead and does not come back', async () => {
      const run = newId();
      const taskId = await begin(run, 'd');
      await eventually(() => linesOf(reached(run, 'd', dir)));
      const { one, other } = await driverOf(planners, taskId);
      await one.kill();
      await other.logged(drives(taskId));
      writeFileSync(gate(run, 'd', dir), '');
      const task = await finished(taskId);
      expect(task.reportMessageId).toBeDefined();
      expect(linesOf(begun(run, dir)).toSorted()).toEqual(STEPS);
      await client.received('message', ({ message }) => message.id === task.reportMessageId);
    }, 180_000);
  });
});

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { MessagePage, newId, TaskDetail } from '@parley/shared-models';
import type { ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, sendText } from '../harness/raw-client.ts';
import { begun, effects, gate, reached } from './agents/task-paths.ts';

const planner = path.join(import.meta.dirname, 'agents/task-planner-agent.ts');
const executor = path.join(import.meta.dirname, 'agents/task-executor-agent.ts');

/**
 * The test's plan is a, then b and c at once, then d, then the report. `in <point>`: killed in the middle of it, where it
 * has had its effect and has not answered. `after <step>`: killed at the boundary, when its result was stored.
 */
const POINTS = [
  'in planning',
  'in a',
  'after a',
  'in b',
  'after b',
  'in d',
  'after d',
  'in report',
  'after report',
] as const;
const VICTIMS = ['planner', 'executor', 'broker', 'server'] as const;
const TABLE = VICTIMS.flatMap((victim) =>
  POINTS.filter((point) => victim !== 'executor' || point !== 'in planning').map(
    (point) => [victim, point] as const,
  ),
);

/** Every point and every victim on both systems, but only a quarter of the pairs on each; `KILL_POINTS=all`: all. */
const sampleFor = (system: number): typeof TABLE =>
  process.env.KILL_POINTS === 'all'
    ? TABLE
    : TABLE.filter(
        ([victim, point]) =>
          (VICTIMS.indexOf(victim) + POINTS.indexOf(point) + 2 * system) % VICTIMS.length === 0,
      );

const STEPS = ['a', 'b', 'c', 'd', 'report'];
const reportOf = (run: string): string =>
  [
    `Report of ${run}, round 1`,
    `a: {"summary":"${run} a","from":[]}`,
    `b: {"summary":"${run} b","from":["a"]}`,
    `c: {"summary":"${run} c","from":["a"]}`,
    `d: {"summary":"${run} d","from":["b","c"]}`,
  ].join('\n');

describe.each(SYSTEM_KINDS.map((kind, index) => ({ ...kind, index })))(
  'a task of which a process is killed, on $kind',
  ({ driver, hasPostgres, index }) => {
    let system: ParleySystem;
    let dir: string;
    let processes: Record<'planner' | 'executor', ParleyProcess>;

    const startAgent = (name: 'planner' | 'executor'): Promise<ParleyProcess> =>
      system.startAgent({
        file: name === 'planner' ? planner : executor,
        id: name,
        env: { TASK_DIR: system.dataDir },
      });
    beforeAll(async () => {
      // A busy machine may take long to start an agent again.
      const env = { TASK_LEASE_MS: '3000', AGENT_GRACE_MS: '60000' };
      system = await startSystem({ driver, hasPostgres, agents: [], env });
      dir = path.join(system.dataDir, 'tasks');
      mkdirSync(dir);
      processes = { planner: await startAgent('planner'), executor: await startAgent('executor') };
    }, 180_000);
    afterAll(async () => {
      await system?.stop();
    });

    const json = async (url: string): Promise<unknown> => (await fetch(`${system.url}${url}`)).json();
    const taskOf = async (id: string): Promise<TaskDetail> =>
      TaskDetail.parse(await json(`/api/tasks/${id}`));
    const linesOf = (file: string): string[] =>
      existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    const kill = async (victim: (typeof VICTIMS)[number]): Promise<void> => {
      if (victim === 'server') {
        await system.server.kill();
        await system.startServer();
      } else if (victim === 'broker') {
        await system.broker.kill();
        await system.startBroker();
      } else {
        await processes[victim].kill();
        processes[victim] = await startAgent(victim);
      }
    };

    it.each(sampleFor(index))(
      'goes on when the %s dies %s: same report, each effect once',
      async (victim, point) => {
        const run = newId();
        const [where, what = ''] = point.split(' ');
        const client = await connectRaw(system.webSocketUrl);
        // At a boundary the next steps are held, so that the task cannot get further before the kill.
        const next = { a: 'b', b: 'd', d: 'report', report: '' }[what] ?? '';
        const held = where === 'in' ? what : next;
        const id = sendText(client, `diamond ${run} ${held}`, { target: { group: 'planner' } });
        const { message } = await client.received(
          'message',
          (frame) => frame.message.inReplyTo === id && frame.message.text.startsWith('begun'),
        );
        const taskId = message.text.split(' ')[1] ?? '';
        client.terminate();

        if (where === 'in') await eventually(() => readFileSync(reached(run, what, dir)));
        else {
          await eventually(async () => {
            const { plan } = await taskOf(taskId);
            expect(plan.find((step) => step.id === what)?.state).toBe('done');
          });
        }
        await kill(victim);
        for (const each of [held, 'planning']) writeFileSync(gate(run, each, dir), '');

        await eventually(async () => expect((await taskOf(taskId)).state).toBe('REFINEMENT_READY'), 100_000);
        const task = await taskOf(taskId);
        expect(task.plan.map(({ id: step, state }) => `${step} ${state}`)).toEqual(
          STEPS.map((step) => `${step} done`),
        );
        expect(task.rounds[0]?.report?.text).toBe(reportOf(run));
        const written = linesOf(effects(run, dir)).map((line) => line.split(' ')[0]);
        expect(written.toSorted()).toEqual(STEPS);
        // Only a killed executor does a step again; nobody else's death makes one be dispatched twice.
        if (victim !== 'executor') expect(linesOf(begun(run, dir)).toSorted()).toEqual(STEPS);

        // The report is stored when the task is ready; it may still be on its way into the conversation.
        const messages = await eventually(async () => {
          const page = await json(`/api/conversations/${task.conversationId}/messages?limit=100`);
          const said = MessagePage.parse(page).messages;
          expect(said.find(({ id: each }) => each === task.reportMessageId)?.text).toBe(reportOf(run));
          return said;
        });
        expect(messages.filter(({ text }) => text.startsWith('Report of'))).toHaveLength(1);
      },
      120_000,
    );
  },
);

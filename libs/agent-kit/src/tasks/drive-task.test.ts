import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  advance,
  checkPlan,
  type StepCall,
  type TaskDocument,
  type TaskPlan,
  type TaskSaying,
} from '@parley/durable-tasks';
import { eventually } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { LIMITS, newId, ParleyError } from '@parley/shared-models';
import {
  createInMemoryTasks,
  type InMemoryTasks,
  type InMemoryTasksOptions,
} from '../testing/in-memory-tasks.ts';
import { type Drive, driveTask } from './drive-task.ts';

const logger = createLogger('test', 'silent');
const PLAN: TaskPlan = {
  steps: [
    { id: 'a', title: 'Do a', group: 'executor' },
    { id: 'b', title: 'Do b', group: 'executor', dependsOn: ['a'] },
    { id: 'c', title: 'Do c', group: 'executor', dependsOn: ['a'] },
  ],
  aggregate: { title: 'Report', group: 'aggregator' },
};

describe('a task that is driven', () => {
  const drives: Drive[] = [];
  let plans = 0;
  beforeEach(() => {
    plans = 0;
  });
  afterEach(async () => {
    for (const drive of drives) drive.abandon();
    await Promise.allSettled(drives.splice(0).map(({ ended }) => ended));
  });

  /** The steps that agents were given, in order, and the task's messages. */
  async function world(onStep: InMemoryTasksOptions['onStep'] = () => null, plan: TaskPlan = PLAN) {
    const calls: StepCall[] = [];
    const said: TaskSaying[] = [];
    const tasks = createInMemoryTasks({
      onStep: async (call, group) => {
        calls.push(call);
        if (call.kind === 'aggregate') return { text: `Report of ${Object.keys(call.results).join(' ')}` };
        return (await onStep(call, group)) ?? `${call.stepId} done`;
      },
    });
    const { document } = await tasks.createTask({
      id: newId(),
      requestId: newId(),
      title: 'T',
      text: 'Compare',
    });
    const drive = async (services: InMemoryTasks = tasks): Promise<Drive> => {
      const [task] = (await tasks.claimTasks({ limit: 1 })).tasks;
      if (task === undefined) throw new Error('there is no task to drive');
      const driven = driveTask({
        task,
        services,
        plan: async (planned: TaskDocument) => {
          plans += 1;
          return { type: 'planned', plan: checkPlan(plan, planned.steps) };
        },
        say: async (_, saying) => {
          said.push(saying);
        },
        logger,
      });
      drives.push(driven);
      return driven;
    };
    const now = async (): Promise<TaskDocument> => (await tasks.getTask({ id: document.id })).document;
    return { tasks, id: document.id, drive, now, calls, said };
  }

  it('tries a step again whose time came while the document was being stored', async () => {
    let failures = 1;
    const { tasks, drive, now } = await world(
      async () => {
        if (failures-- > 0) throw new ParleyError('agent_failed', 'not yet');
        return null;
      },
      { ...PLAN, steps: [{ id: 'a', title: 'Do a', group: 'executor', retryMs: 5 }] },
    );
    const saveTask: InMemoryTasks['saveTask'] = async (request) => {
      const saved = await tasks.saveTask(request);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return saved;
    };
    await (await drive({ ...tasks, saveTask })).ended;
    expect((await now()).state).toBe('REFINEMENT_READY');
  });

  it('comes to its report by way of every step, side by side where they can be', async () => {
    const gate = Promise.withResolvers<void>();
    const { drive, now, calls, said } = await world(async ({ stepId }) => {
      if (stepId === 'b') await gate.promise;
      return `${stepId} done`;
    });
    const { ended } = await drive();
    await eventually(async () => expect((await now()).steps[2]?.state).toBe('done'));
    expect(calls.map(({ stepId }) => stepId)).toEqual(['a', 'b', 'c']);
    gate.resolve();
    await ended;
    expect((await now()).state).toBe('REFINEMENT_READY');
    expect(calls.map(({ stepId }) => stepId)).toEqual(['a', 'b', 'c', 'report']);
    expect(calls[1]?.results).toEqual({ a: 'a done' });
    expect(said).toMatchObject([{ kind: 'report', text: 'Report of a b c' }]);
  });

  it('goes on in another driver where the first was, asking for no step a second time', async () => {
    const gate = Promise.withResolvers<void>();
    const { tasks, drive, now, calls } = await world(async ({ stepId }) => {
      if (stepId !== 'a') await gate.promise;
      return `${stepId} done`;
    });
    const first = await drive();
    await eventually(() => expect(calls).toHaveLength(3));
    first.abandon();
    await first.ended;
    tasks.expireLeases();
    const second = await drive();
    gate.resolve();
    await second.ended;
    expect((await now()).state).toBe('REFINEMENT_READY');
    expect(calls.map(({ stepId }) => stepId)).toEqual(['a', 'b', 'c', 'report']);
  });

  it('is left alone by a driver whose lease another one has', async () => {
    const gate = Promise.withResolvers<void>();
    const { tasks, drive, now, said } = await world(async () => {
      await gate.promise;
      return null;
    });
    const first = await drive();
    await eventually(async () => expect((await now()).steps[0]?.state).toBe('running'));
    tasks.expireLeases();
    const second = await drive();
    gate.resolve();
    await Promise.all([first.ended, second.ended]);
    expect((await now()).state).toBe('REFINEMENT_READY');
    expect(said.filter(({ kind }) => kind === 'report')).toHaveLength(1);
  });

  it('is given up by a driver that learns that another one has the lease', async () => {
    const { tasks, drive, now } = await world(() => new Promise(() => {}));
    const driven = await drive();
    await eventually(async () => expect((await now()).steps[0]?.state).toBe('running'));
    tasks.expireLeases();
    expect((await tasks.claimTasks({ limit: 1 })).tasks).toHaveLength(1);
    driven.refresh();
    await driven.ended;
    expect((await now()).state).toBe('EXECUTING');
  });

  it('takes in what has come also where somebody else has changed the task meanwhile', async () => {
    const { tasks, id, drive, now } = await world();
    let isFirst = true;
    const overtaken: InMemoryTasks = {
      ...tasks,
      async saveTask(save) {
        if (isFirst) {
          isFirst = false;
          const { document, version, token } = await tasks.getTask({ id });
          const changed = { ...document, title: 'Another title' };
          await tasks.saveTask({ document: changed, expectedVersion: version, token });
        }
        return tasks.saveTask(save);
      },
    };
    await (await drive(overtaken)).ended;
    expect(await now()).toMatchObject({ state: 'REFINEMENT_READY', title: 'Another title' });
    expect(plans).toBe(1);
  });

  it('ends when a person cancels it, and stops waiting for its steps', async () => {
    const { tasks, id, drive, now, said } = await world(() => new Promise(() => {}));
    const driven = await drive();
    await eventually(async () => expect((await now()).steps[0]?.state).toBe('running'));
    await tasks.cancelTask({ id, requestId: newId() });
    driven.refresh();
    await driven.ended;
    expect((await now()).steps.map(({ state }) => state)).toEqual(Array(4).fill('cancelled'));
    expect(said).toMatchObject([{ kind: 'cancelled' }]);
  });

  it('keeps what was cancelled while a result came in', async () => {
    const gate = Promise.withResolvers<void>();
    const { tasks, id, drive, now } = await world(async () => {
      await gate.promise;
      return 'done';
    });
    const driven = await drive();
    await eventually(async () => expect((await now()).steps[0]?.state).toBe('running'));
    await tasks.cancelTask({ id, requestId: newId() });
    gate.resolve();
    await driven.ended;
    expect(await now()).toMatchObject({ state: 'CANCELLED', toSay: [] });
  });

  it('tries a step again that failed, and fails with the reason when that does not help', async () => {
    const plan: TaskPlan = {
      steps: [{ id: 'a', title: 'Do a', group: 'executor', maxAttempts: 3, retryMs: 5 }],
      aggregate: PLAN.aggregate,
    };
    const { drive, now, calls, said } = await world(() => {
      throw new ParleyError('agent_failed', 'no prices today');
    }, plan);
    await (await drive()).ended;
    expect(await now()).toMatchObject({ state: 'FAILED', error: { code: 'agent_failed' } });
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(said).toMatchObject([{ kind: 'failed', text: expect.stringContaining('no prices today') }]);
  });

  it.each(['no_agent_online', 'agent_offline', 'unknown_agent'] as const)(
    'lets a step wait that nobody is there to do: %s',
    async (code) => {
      const plan: TaskPlan = {
        ...PLAN,
        steps: [{ id: 'a', title: 'Do a', group: 'executor', maxAttempts: 1 }],
      };
      const { tasks, drive, now } = await world(undefined, plan);
      const nobody: InMemoryTasks['runStep'] = () =>
        Promise.reject(new ParleyError(code, 'nobody', { details: { askId: newId() } }));
      await drive({ ...tasks, runStep: nobody });
      await eventually(async () =>
        expect((await now()).steps[0]).toMatchObject({
          state: 'pending',
          uncounted: 1,
          error: { code },
          retryAt: expect.any(String),
        }),
      );
    },
  );

  it('counts it as a failure when the agent that does a step found nobody', async () => {
    const plan: TaskPlan = {
      ...PLAN,
      steps: [{ id: 'a', title: 'Do a', group: 'executor', maxAttempts: 1 }],
    };
    const { tasks, drive, now } = await world(undefined, plan);
    const details = { askId: newId(), agentId: 'executor' };
    const failing: InMemoryTasks['runStep'] = () =>
      Promise.reject(new ParleyError('agent_offline', 'nobody', { details }));
    await (await drive({ ...tasks, runStep: failing })).ended;
    expect((await now()).state).toBe('FAILED');
  });

  it('fails at once where no further attempt can help', async () => {
    const { drive, now, calls } = await world(() => {
      throw new ParleyError('invalid_request', 'no such ticker');
    });
    await (await drive()).ended;
    expect((await now()).state).toBe('FAILED');
    expect(calls).toHaveLength(1);
  });

  it('fails when its steps give more than a task can hold', async () => {
    const { drive, now, said } = await world(() => 'x'.repeat(500_000));
    await (await drive()).ended;
    const task = await now();
    expect(task).toMatchObject({ state: 'FAILED', error: { message: expect.stringContaining('bytes') } });
    expect(said.map(({ kind }) => kind)).toEqual(['failed']);
  });

  it('says once how it ended, however full it is', async () => {
    const { tasks, drive, now, said } = await world();
    for (const { document, version, token } of (await tasks.claimTasks({ limit: 1 })).tasks) {
      const rounds = document.rounds.map((round) => ({ ...round, input: 'x'.repeat(LIMITS.taskBytes) }));
      const ended = advance({ ...document, rounds }, { type: 'cancelled' }, Date.now());
      await tasks.saveTask({ document: ended, expectedVersion: version, token });
    }
    tasks.expireLeases();
    await (await drive()).ended;
    expect((await now()).toSay).toEqual([]);
    expect(said.map(({ kind }) => kind)).toEqual(['cancelled']);
  });

  it('is planned again when it is refined, without doing a step again', async () => {
    const { tasks, id, drive, now, calls } = await world();
    await (await drive()).ended;
    await tasks.refineTask({ id, requestId: newId(), text: 'Only c' });
    await (await drive()).ended;
    expect((await now()).rounds.map(({ report }) => report?.text)).toEqual([
      'Report of a b c',
      'Report of a b c',
    ]);
    expect(calls.map(({ stepId }) => stepId)).toEqual(['a', 'b', 'c', 'report', 'report-2']);
  });

  it('is not driven on when the server refuses what is to be stored', async () => {
    const { tasks, drive, now } = await world();
    const refusing = { ...tasks, saveTask: () => Promise.reject(new ParleyError('invalid_request', 'no')) };
    await expect((await drive(refusing)).ended).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await now()).state).toBe('PLANNING');
  });
});

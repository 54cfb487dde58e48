import { describe, expect, it } from '@jest/globals';
import { advance, newTask, type TaskPlan } from '@parley/durable-tasks';
import { createLogger } from '@parley/process-kit';
import { newId, ParleyError } from '@parley/shared-models';
import { findPlan } from './find-plan.ts';
import type { PlanContext, TaskDriver } from './task-driver.ts';

const logger = createLogger('test', 'silent');
const aggregate = { title: 'Report', group: 'aggregator' };
const task = newTask(
  {
    id: newId(),
    conversationId: newId(),
    group: 'planner',
    ownerId: 'ada',
    user: { kind: 'user', id: 'ada', name: 'Ada' },
    title: 'Stocks',
    requestId: newId(),
    text: 'Compare them',
    input: { tickers: ['AAPL'] },
  },
  new Date().toISOString(),
);
const plan = (driver: TaskDriver['plan'], signal = new AbortController().signal) =>
  findPlan({ plan: driver }, task, { signal, logger });

describe('finding the steps of a round', () => {
  it('gives the driver what was asked, and by whom', async () => {
    const seen: PlanContext[] = [];
    const event = await plan((context) => {
      seen.push(context);
      return { steps: [], aggregate };
    });
    expect(seen).toMatchObject([
      {
        taskId: task.id,
        title: 'Stocks',
        text: 'Compare them',
        input: { tickers: ['AAPL'] },
        round: 1,
        steps: [],
        user: { id: 'ada', name: 'Ada' },
      },
    ]);
    expect(advance(task, event, Date.now()).state).toBe('AGGREGATING');
  });

  it('fails the task with what the driver says cannot be done', async () => {
    const event = await plan(() => {
      throw new ParleyError('invalid_request', 'I know no such stock.');
    });
    expect(event).toEqual({
      type: 'broken',
      error: { code: 'invalid_request', message: 'I know no such stock.' },
    });
  });

  it('fails the task with what is wrong about the plan', async () => {
    const steps = [{ id: 'a', title: 'A', group: 'executor', dependsOn: ['b'] }];
    expect(await plan(() => ({ steps, aggregate }))).toMatchObject({
      type: 'broken',
      error: { code: 'agent_failed', message: expect.stringContaining('"a" depends on "b"') },
    });
  });

  it('asks again when the driver throws, three times in all', async () => {
    let tries = 0;
    const failing = (until: number) => (): TaskPlan => {
      tries += 1;
      if (tries < until) throw new Error('the model is away');
      return { steps: [], aggregate };
    };
    expect(await plan(failing(2))).toMatchObject({ type: 'planned' });
    tries = 0;
    expect(await plan(failing(9))).toMatchObject({ type: 'broken', error: { message: 'the model is away' } });
    expect(tries).toBe(3);
  });

  it('does not wait for a driver that does not end when the task is cancelled', async () => {
    const stop = new AbortController();
    const pending = plan(() => new Promise<TaskPlan>(() => {}), stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(pending).rejects.toThrow('cancelled');
  });
});

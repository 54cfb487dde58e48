import { describe, expect, it } from '@jest/globals';
import { LIMITS, newId, TaskState } from '@parley/shared-models';
import { AT, after, aPlan, aTask, doing, planned, states } from '../testing/tasks.ts';
import { advance } from './advance.ts';
import { callOfStep } from './call-of-step.ts';
import { isOpen, nextWork } from './next-work.ts';
import { type TaskDocument, TaskDocument as TaskSchema } from './task-document.ts';
import type { TaskEvent } from './task-events.ts';
import { taskView } from './task-view.ts';
import { checkSuccessor } from './transitions.ts';

const error = { code: 'agent_failed', message: 'it broke' };
const report = { text: '# Report' };

const saidAll = (task: TaskDocument): TaskDocument =>
  after(task, ...task.toSay.map(({ id }): TaskEvent => ({ type: 'said', messageId: id })));

/** A task in each state. */
const inState = (state: TaskState): TaskDocument => {
  const executing = planned(aPlan({ a: [] }));
  const aggregating = after(executing, ...doing('a'));
  const tasks: Record<TaskState, TaskDocument> = {
    PLANNING: aTask(),
    EXECUTING: executing,
    AGGREGATING: aggregating,
    REFINEMENT_READY: saidAll(after(aggregating, ...doing('report', report))),
    FAILED: after(executing, { type: 'broken', error }),
    CANCELLED: after(executing, { type: 'cancelled' }),
  };
  return tasks[state];
};

describe('a task', () => {
  it.each(TaskState.options)('can be made in the state %s, as it is stored', (state) => {
    const task = inState(state);
    expect(task.state).toBe(state);
    expect(TaskSchema.parse(JSON.parse(JSON.stringify(task)))).toEqual(task);
  });

  it.each(TaskState.options)('changes in the state %s by no event that is not meant for it', (state) => {
    const task = inState(state);
    const none: TaskEvent[] = [
      { type: 'done', stepId: 'report', attempt: 1, agentId: 'x', result: report },
      { type: 'failed', stepId: 'a', attempt: 7, error, canRetry: true },
      { type: 'done', stepId: 'unknown', attempt: 1, agentId: 'x', result: 1 },
      { type: 'begun', stepIds: ['unknown'] },
      { type: 'said', messageId: newId() },
    ];
    for (const event of none) expect(advance(task, event, AT + 1)).toBe(task);
    if (state !== 'PLANNING') {
      const plan = { steps: [], aggregate: { id: 'x' } } as never;
      expect(advance(task, { type: 'planned', plan }, AT + 1)).toBe(task);
    }
    if (['REFINEMENT_READY', 'FAILED', 'CANCELLED'].includes(state)) {
      expect(advance(task, { type: 'cancelled' }, AT + 1)).toBe(task);
      expect(advance(task, { type: 'broken', error }, AT + 1)).toBe(task);
    }
  });

  it.each(TaskState.options.filter((state) => state !== 'REFINEMENT_READY'))(
    'cannot be refined in the state %s',
    (state) => {
      const refined: TaskEvent = { type: 'refined', requestId: newId(), text: 'Only Tesla' };
      expect(() => advance(inState(state), refined, AT)).toThrow(
        expect.objectContaining({ code: 'invalid_request', details: { state } }),
      );
    },
  );

  it('tells when it was changed', () => {
    expect(advance(aTask(), { type: 'cancelled' }, AT + 5).updatedAt).toBe('2026-01-31T12:00:00.005Z');
  });
});

describe('planning', () => {
  it('adds the steps, each pending, and the aggregating one behind them', () => {
    const task = planned(aPlan({ a: [], b: ['a'] }));
    expect(task.state).toBe('EXECUTING');
    expect(task.steps).toMatchObject([
      { id: 'a', kind: 'step', state: 'pending', round: 1, attempt: 0, timeoutMs: 60_000, maxAttempts: 3 },
      { id: 'b', kind: 'step', state: 'pending', dependsOn: ['a'] },
      { id: 'report', kind: 'aggregate', state: 'pending' },
    ]);
  });

  it('goes on to aggregating at once where there is nothing to do', () => {
    expect(planned(aPlan({})).state).toBe('AGGREGATING');
  });

  it('has the plan said', () => {
    const task = planned({ ...aPlan({ a: [] }), message: 'I do a.' });
    expect(task.toSay).toMatchObject([{ kind: 'plan', round: 1, text: 'I do a.' }]);
    expect(saidAll(task)).toMatchObject({ state: 'EXECUTING', toSay: [] });
  });
});

describe('a step', () => {
  it('keeps what it gave, who did it, and when', () => {
    const begun = advance(planned(aPlan({ a: [], b: [] })), { type: 'begun', stepIds: ['a'] }, AT + 1);
    expect(begun.steps[0]).toMatchObject({
      state: 'running',
      attempt: 1,
      startedAt: '2026-01-31T12:00:00.001Z',
    });
    const event: TaskEvent = {
      type: 'done',
      stepId: 'a',
      attempt: 1,
      agentId: 'executor-2',
      result: { x: 1 },
    };
    const task = advance(begun, event, AT + 2);
    expect(task.steps[0]).toMatchObject({
      state: 'done',
      agentId: 'executor-2',
      result: { x: 1 },
      endedAt: '2026-01-31T12:00:00.002Z',
    });
    expect(task.state).toBe('EXECUTING');
    for (const each of [begun, task])
      expect(advance(each, { type: 'begun', stepIds: ['a'] }, AT + 3)).toBe(each);
    expect(advance(task, { ...event, result: { x: 2 } }, AT + 3)).toBe(task);
  });

  it('ends the executing with the last one', () => {
    expect(after(planned(aPlan({ a: [], b: [] })), ...doing('a'), ...doing('b')).state).toBe('AGGREGATING');
  });

  it('is tried again later, twice as late each time, and without what the last attempt said once it begins', () => {
    let task = planned(aPlan({ a: [] }, { retryMs: 100, maxAttempts: 3 }));
    for (const [attempt, waitMs] of [
      [1, 100],
      [2, 200],
    ] as const) {
      task = after(task, { type: 'begun', stepIds: ['a'] });
      expect(task.steps[0]).not.toHaveProperty('error');
      task = after(task, { type: 'failed', stepId: 'a', attempt, error, canRetry: true });
      expect(task.steps[0]).toMatchObject({ state: 'pending', error, attempt });
      expect(nextWork(task, AT)).toMatchObject({ begin: [], wakeAt: AT + waitMs });
      expect(nextWork(task, AT + waitMs).begin.map(({ id }) => id)).toEqual(['a']);
    }
    task = after(task, { type: 'begun', stepIds: ['a'] });
    task = after(task, { type: 'failed', stepId: 'a', attempt: 3, error, canRetry: true });
    expect(task).toMatchObject({
      state: 'FAILED',
      error: { code: 'agent_failed', message: '"Do a" failed: it broke' },
    });
  });

  it('waits, longer and longer, where nobody is there to do it, without using up its attempts', () => {
    let task = planned(aPlan({ a: [] }, { maxAttempts: 1 }));
    let now = AT;
    const absent = (): number => {
      task = advance(task, { type: 'begun', stepIds: ['a'] }, now);
      const attempt = task.steps[0]?.attempt ?? 0;
      task = advance(task, { type: 'absent', stepId: 'a', attempt, error }, now);
      return (nextWork(task, now).wakeAt ?? 0) - now;
    };
    const waits = Array.from({ length: 7 }, () => {
      const wait = absent();
      now += wait;
      return wait;
    });
    expect(waits).toEqual([2000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(task.steps[0]).toMatchObject({
      state: 'pending',
      error: { message: expect.stringContaining('waits for an agent of the group “executor”') },
    });
    expect(TaskSchema.parse(task)).toEqual(task);
    expect(taskView(task, 1).plan[0]).toMatchObject({ attempt: 0 });
    const found = advance(task, { type: 'begun', stepIds: ['a'] }, now);
    const [step] = found.steps;
    expect(step && callOfStep(found, step)).toMatchObject({ attempt: 1 });
    const done: TaskEvent = { type: 'done', stepId: 'a', attempt: 8, agentId: 'x', result: 1 };
    expect(advance(found, done, now)).toMatchObject({ state: 'AGGREGATING', steps: [{ attempt: 8 }, {}] });
    const failure: TaskEvent = { type: 'failed', stepId: 'a', attempt: 8, error, canRetry: true };
    expect(advance(found, failure, now).state).toBe('FAILED');
    now = AT + 24 * 3_600_000;
    absent();
    expect(task.state).toBe('FAILED');
  });

  it('waits a minute at most', () => {
    let task = planned(aPlan({ a: [] }, { retryMs: 50_000, maxAttempts: 10 }));
    task = after(task, { type: 'begun', stepIds: ['a'] });
    task = after(task, { type: 'failed', stepId: 'a', attempt: 1, error, canRetry: true });
    task = after(task, { type: 'begun', stepIds: ['a'] });
    task = after(task, { type: 'failed', stepId: 'a', attempt: 2, error, canRetry: true });
    expect(nextWork(task, AT).wakeAt).toBe(AT + 60_000);
  });

  it('fails the task for good where no attempt can help, stops what runs, and leaves what is done', () => {
    let task = after(planned(aPlan({ a: [], b: [], c: [], d: ['b'] })), ...doing('a'));
    task = after(task, { type: 'begun', stepIds: ['b', 'c'] });
    task = after(task, { type: 'failed', stepId: 'c', attempt: 1, error, canRetry: false });
    expect(states(task)).toEqual({
      a: 'done',
      b: 'cancelled',
      c: 'failed',
      d: 'cancelled',
      report: 'cancelled',
    });
    expect(task.toSay).toMatchObject([{ kind: 'failed', text: expect.stringContaining('it broke') }]);
  });

  it('has no part in the task any more when its attempt is over', () => {
    let task = planned(aPlan({ a: [] }));
    task = after(task, { type: 'begun', stepIds: ['a'] });
    task = after(task, { type: 'failed', stepId: 'a', attempt: 1, error, canRetry: true });
    const late: TaskEvent = { type: 'done', stepId: 'a', attempt: 1, agentId: 'x', result: 'late' };
    expect(advance(task, late, AT)).toBe(task);
    task = after(task, { type: 'begun', stepIds: ['a'] });
    expect(advance(task, late, AT)).toBe(task);
  });
});

describe('the report', () => {
  const aggregating = (): TaskDocument => after(planned(aPlan({ a: [] })), ...doing('a'));

  it('makes the task ready to be refined before it is said', () => {
    const ready = after(aggregating(), ...doing('report', { text: '# Report', data: [1] }));
    const messageId = ready.toSay[0]?.id;
    expect(ready).toMatchObject({
      state: 'REFINEMENT_READY',
      toSay: [{ kind: 'report', text: '# Report' }],
      rounds: [{ report: { text: '# Report', data: [1] }, reportMessageId: messageId }],
    });
    expect(isOpen(ready)).toBe(true);
    expect(isOpen(saidAll(ready))).toBe(false);
    // It has ended: nothing takes back the messages that are still to be written.
    expect(advance(ready, { type: 'cancelled' }, AT)).toBe(ready);
  });

  it.each([['a text'], [{ data: 1 }], [{ text: '' }], [null]])('is invalid when it is %j', (result) => {
    const task = after(aggregating(), ...doing('report', result));
    expect(task).toMatchObject({ state: 'FAILED', error: { code: 'agent_failed' } });
    expect(states(task).report).toBe('failed');
  });
});

describe('refining', () => {
  const refined: TaskEvent = {
    type: 'refined',
    requestId: newId(),
    text: 'Only Tesla',
    input: { only: 'TSLA' },
  };

  it('is not taken into a task that is full', () => {
    const ready = inState('REFINEMENT_READY');
    const input = 'x'.repeat(LIMITS.taskBytes - 36_000);
    const full = { ...ready, rounds: ready.rounds.map((round) => ({ ...round, input })) };
    expect(advance(full, refined, AT)).toMatchObject({ round: 2 });
    const long: TaskEvent = { ...refined, input: 'x'.repeat(4000) };
    expect(() => advance(full, long, AT)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('plans again, with all that is there, once for each message', () => {
    const task = after(inState('REFINEMENT_READY'), refined);
    expect(task).toMatchObject({ state: 'PLANNING', round: 2 });
    expect(task.rounds[1]).toMatchObject({ round: 2, text: 'Only Tesla', input: { only: 'TSLA' } });
    expect(task.rounds[0]?.report).toEqual(report);
    expect(advance(task, refined, AT + 1)).toBe(task);
  });

  it('waits with its plan until the report before is said, which nothing takes back', () => {
    const ready = after(planned(aPlan({})), ...doing('report', report));
    const again = after(ready, refined);
    expect(nextWork(again, AT)).toMatchObject({ plan: false, say: [{ kind: 'report', round: 1 }] });
    expect(nextWork(saidAll(again), AT)).toMatchObject({ plan: true, say: [] });
    const cancelled = after(again, { type: 'cancelled' });
    expect(cancelled.toSay).toMatchObject([
      { kind: 'report', round: 1 },
      { kind: 'cancelled', round: 2 },
    ]);
  });

  it('does no step again that is done, whether the plan names it or not', () => {
    const task = planned(aPlan({ a: [], b: ['a'] }), after(inState('REFINEMENT_READY'), refined));
    expect(states(task)).toEqual({ a: 'done', report: 'done', b: 'pending', 'report-2': 'pending' });
    expect(task.steps[2]).toMatchObject({ round: 2 });
    const without = planned(aPlan({}), after(inState('REFINEMENT_READY'), refined));
    expect(without.state).toBe('AGGREGATING');
    expect(states(without)).toEqual({ a: 'done', report: 'done', 'report-2': 'pending' });
  });

  describe('that cannot be done', () => {
    const failure: TaskEvent = { type: 'failed', stepId: 'b', attempt: 1, error, canRetry: false };
    /** The second round wanted b and c. */
    const failed = (): TaskDocument => {
      const again = after(inState('REFINEMENT_READY'), refined);
      const task = planned(aPlan({ a: [], b: [], c: ['a'], d: ['b'] }), again);
      return after(task, { type: 'begun', stepIds: ['b', 'c'] }, failure);
    };
    it.each([
      ['planned', after(inState('REFINEMENT_READY'), refined, { type: 'broken', error })],
      ['done', failed()],
    ])('leaves the report as it was, and says why, when it cannot be %s', (_, task) => {
      expect(task).toMatchObject({ state: 'REFINEMENT_READY', round: 2, error: { code: 'agent_failed' } });
      expect(task.toSay).toMatchObject([
        { kind: 'failed', round: 2, text: expect.stringContaining('it broke') },
      ]);
      expect(task.rounds[0]?.report).toEqual(report);
      expect(TaskSchema.parse(task)).toEqual(task);
      expect(isOpen(task)).toBe(true);
      expect(isOpen(saidAll(task))).toBe(false);
    });

    it('can be followed by another one, which does anew what was given up if it wants it', () => {
      const next: TaskEvent = { ...refined, requestId: newId() };
      const again = after(saidAll(failed()), next);
      expect(again).not.toHaveProperty('error');
      const without = planned(aPlan({}), again);
      expect(without.state).toBe('AGGREGATING');
      const task = planned(aPlan({ b: [], d: ['b'] }, { maxAttempts: 1 }), again);
      expect(states(task)).toEqual({
        ...{ a: 'done', report: 'done', b: 'pending', c: 'cancelled', d: 'pending' },
        ...{ 'report-2': 'cancelled', 'report-3': 'pending' },
      });
      checkSuccessor(again, task);
      const [, , b] = after(task, { type: 'begun', stepIds: ['b'] }).steps;
      // Of another attempt than the one that failed, so that it is asked for again.
      expect(b).toMatchObject({ state: 'running', attempt: 2, uncounted: 1, round: 3 });
      expect(b).not.toHaveProperty('error');
      const ready = after(task, ...doing('b', 1, 2), ...doing('d'), ...doing('report-3', report));
      expect(saidAll(ready)).toMatchObject({ state: 'REFINEMENT_READY', round: 3 });
    });
  });

  it('has its report said by a message of its own', () => {
    const again = planned(aPlan({}), after(inState('REFINEMENT_READY'), refined));
    const task = after(again, ...doing('report-2', { text: '# Tesla' }));
    const ids = task.rounds.map(({ reportMessageId }) => reportMessageId);
    expect(new Set(ids).size).toBe(2);
    expect(task).toMatchObject({ state: 'REFINEMENT_READY', round: 2 });
  });
});

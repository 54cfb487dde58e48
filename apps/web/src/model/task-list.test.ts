import { describe, expect, it } from '@jest/globals';
import { newId, Task } from '@parley/shared-models';
import { isOver, newestFirst, withProgress, withTasks } from './task-list.ts';

const task = (more: Partial<Task> = {}): Task =>
  Task.parse({ id: newId(), conversationId: newId(), state: 'EXECUTING', plan: [], ...more });

describe('the tasks that are known', () => {
  it('never go back to an older version, whatever comes late', () => {
    const first = task({ version: 2 });
    const known = withTasks({}, [first]);
    expect(withTasks(known, [{ ...first, version: 1, state: 'PLANNING' }])).toBe(known);
    const next = withTasks(known, [{ ...first, version: 3, state: 'AGGREGATING' }]);
    expect(next[first.id]?.state).toBe('AGGREGATING');
  });

  it('are listed with the one that was begun last first', () => {
    const old = task({ createdAt: '2026-01-01T00:00:00.000Z' });
    const young = task({ createdAt: '2026-01-02T00:00:00.000Z' });
    expect(newestFirst(withTasks({}, [old, young]))).toEqual([young, old]);
  });

  it('are over when they wait for a refinement, failed or were cancelled', () => {
    const over = (
      ['PLANNING', 'EXECUTING', 'AGGREGATING', 'REFINEMENT_READY', 'FAILED', 'CANCELLED'] as const
    )
      .map((state) => task({ state }))
      .filter(isOver);
    expect(over.map(({ state }) => state)).toEqual(['REFINEMENT_READY', 'FAILED', 'CANCELLED']);
  });
});

describe('the progress of a step', () => {
  it('is kept for each step of each task, the last word only', () => {
    const said = (stepId: string, text: string) => ({
      taskId: 'one',
      conversationId: 'c',
      stepId,
      agentId: 'executor',
      text,
      at: '2026-01-01T00:00:00.000Z',
    });
    const known = [said('a', 'reading'), said('b', 'counting'), said('a', 'read')].reduce(withProgress, {});
    expect(known.one?.a?.text).toBe('read');
    expect(known.one?.b?.text).toBe('counting');
  });
});

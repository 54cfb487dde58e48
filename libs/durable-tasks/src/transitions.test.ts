import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { newId, TaskState } from '@parley/shared-models';
import { after, aPlan, doing, planned } from '../testing/tasks.ts';
import type { TaskDocument } from './task-document.ts';
import {
  canMove,
  checkSuccessor,
  isReachable,
  isWorking,
  stateAfter,
  TASK_MOVES,
  type TaskMove,
  TRANSITIONS,
} from './transitions.ts';

/** The table of docs/tasks.md: by state and move, the state after it. */
function documented(): Map<string, string> {
  const text = readFileSync(path.join(import.meta.dirname, '../../../docs/tasks.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  const cellsOf = (row: string): string[] =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', ''));
  const head = rows.findIndex((row) => row.startsWith('| state |'));
  const [, ...moves] = cellsOf(rows[head] ?? '');
  const entries = rows.slice(head + 2, head + 2 + TaskState.options.length).flatMap((row) => {
    const [state, ...next] = cellsOf(row);
    return moves.map((move, index): [string, string] => [`${state} ${move}`, next[index] ?? '']);
  });
  return new Map(entries);
}

const ALL = TaskState.options.flatMap((state) =>
  TASK_MOVES.map((move): [TaskState, TaskMove] => [state, move]),
);

describe('the transition table of tasks', () => {
  it('is the one that docs/tasks.md has, and that has every state and move', () => {
    expect([...documented().keys()].toSorted()).toEqual(
      ALL.map(([state, move]) => `${state} ${move}`).toSorted(),
    );
  });

  it.each(ALL)('%s is, after "%s", what the document says', (state, move) => {
    const wanted = documented().get(`${state} ${move}`);
    expect(TRANSITIONS[state][move] ?? '–').toBe(wanted);
    expect(canMove(state, move)).toBe(wanted !== '–');
    if (wanted === '–') {
      expect(() => stateAfter(state, move)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    } else expect(stateAfter(state, move)).toBe(wanted);
  });

  it('lets nothing follow a failed or cancelled task, and everything else go on', () => {
    const ends = TaskState.options.filter((state) => Object.keys(TRANSITIONS[state]).length === 0);
    expect(ends).toEqual(['FAILED', 'CANCELLED']);
    expect(TaskState.options.filter(isWorking)).toEqual(['PLANNING', 'EXECUTING', 'AGGREGATING']);
  });

  it.each([
    ['PLANNING', 'REFINEMENT_READY', true],
    ['AGGREGATING', 'EXECUTING', true],
    ['EXECUTING', 'EXECUTING', true],
    ['FAILED', 'FAILED', true],
    ['FAILED', 'PLANNING', false],
    ['CANCELLED', 'FAILED', false],
    ['REFINEMENT_READY', 'CANCELLED', true],
  ] as const)('knows whether %s can become %s: %s', (from, to, is) => {
    expect(isReachable(from, to)).toBe(is);
  });
});

describe('the successor of a task', () => {
  const before = after(planned(aPlan({ a: [], b: [] })), ...doing('a', { x: [1, 2] }));
  const changedStep = (id: string, change: object): TaskDocument => ({
    ...before,
    steps: before.steps.map((step) => (step.id === id ? { ...step, ...change } : step)),
  });

  it('may be the result of events', () => {
    const next = [before, after(before, ...doing('b')), after(before, { type: 'cancelled' })];
    for (const each of next)
      expect(() => checkSuccessor(before, JSON.parse(JSON.stringify(each)))).not.toThrow();
  });

  it.each([
    ['another state', { ...before, state: 'FAILED' as const }, { ...before, state: 'EXECUTING' as const }],
    ['another owner', before, { ...before, ownerId: 'bob' }],
    ['another conversation', before, { ...before, conversationId: newId() }],
    ['another group', before, { ...before, group: 'thief' }],
    ['a step less', before, { ...before, steps: before.steps.slice(1) }],
    ['another result', before, changedStep('a', { result: { x: [1, 3] } })],
    ['a step that is not done any more', before, changedStep('a', { state: 'pending' })],
    ['an attempt less', before, changedStep('a', { attempt: 0 })],
  ])('is not %s', (_, from, to) => {
    expect(() => checkSuccessor(from, to)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});

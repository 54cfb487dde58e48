import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TaskState } from '@parley/shared-models';
import {
  canMove,
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

  it('lets nothing follow what failed or was cancelled, and everything else go on', () => {
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

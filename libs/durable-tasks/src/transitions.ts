import { ParleyError, type TaskState } from '@parley/shared-models';

/**
 * What moves a task from state to state. planned: its steps are found; executed: all of them are done; reported: the
 * report is there; broken: it cannot go on; unrefined: a refinement cannot go on, and the report before it stands;
 * cancelled, refined: a person wants it.
 */
export const TASK_MOVES = [
  'planned',
  'executed',
  'reported',
  'broken',
  'unrefined',
  'cancelled',
  'refined',
] as const;
export type TaskMove = (typeof TASK_MOVES)[number];

/** All there is. A move that a state does not name is impossible there. docs/tasks.md has the same table. */
export const TRANSITIONS: { readonly [S in TaskState]: { readonly [M in TaskMove]?: TaskState } } = {
  PLANNING: {
    planned: 'EXECUTING',
    broken: 'FAILED',
    unrefined: 'REFINEMENT_READY',
    cancelled: 'CANCELLED',
  },
  EXECUTING: {
    executed: 'AGGREGATING',
    broken: 'FAILED',
    unrefined: 'REFINEMENT_READY',
    cancelled: 'CANCELLED',
  },
  AGGREGATING: {
    reported: 'REFINEMENT_READY',
    broken: 'FAILED',
    unrefined: 'REFINEMENT_READY',
    cancelled: 'CANCELLED',
  },
  REFINEMENT_READY: { refined: 'PLANNING' },
  FAILED: {},
  CANCELLED: {},
};

export function canMove(state: TaskState, move: TaskMove): boolean {
  return TRANSITIONS[state][move] !== undefined;
}

/** @throws ParleyError `invalid_request` when the state has no such move */
export function stateAfter(state: TaskState, move: TaskMove): TaskState {
  const next = TRANSITIONS[state][move];
  if (next !== undefined) return next;
  throw new ParleyError('invalid_request', `A task that is ${state} cannot be ${move}.`, {
    details: { state },
  });
}

/** Whether some moves, one after another, lead from one state to the other; none is a way, too. */
export function isReachable(from: TaskState, to: TaskState): boolean {
  const seen = new Set<TaskState>([from]);
  for (const state of seen) for (const next of Object.values(TRANSITIONS[state])) seen.add(next);
  return seen.has(to);
}

/** Whether somebody works on it. */
export function isWorking(state: TaskState): boolean {
  return canMove(state, 'cancelled');
}

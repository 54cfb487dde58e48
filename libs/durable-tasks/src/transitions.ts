import { canonicalJson, ParleyError, type TaskState } from '@parley/shared-models';
import type { TaskDocument } from './task-document.ts';

/**
 * The moves of a task from state to state. planned: its steps are found; executed: all of them are done; reported: the
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

const FIXED_FIELDS = ['id', 'conversationId', 'group', 'ownerId', 'user', 'createdAt'] as const;

/**
 * Refuses a document that cannot come after a task: another state than one that follows, another owner, another result of
 * a step that is done. The last keeps the promise that each step's result is stored once.
 * @throws ParleyError `invalid_request`
 */
export function checkSuccessor(before: TaskDocument, after: TaskDocument): void {
  const refuse = (what: string): never => {
    throw new ParleyError('invalid_request', `The task cannot become that: ${what}.`);
  };
  if (!isReachable(before.state, after.state)) refuse(`${after.state} does not follow from ${before.state}`);
  const changed = FIXED_FIELDS.find((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
  if (changed !== undefined) refuse(`"${changed}" is another one`);
  const steps = new Map(after.steps.map((step) => [step.id, step]));
  for (const step of before.steps) {
    const now = steps.get(step.id);
    if (now === undefined || now.attempt < step.attempt)
      refuse(`"${step.id}", or an attempt at it, is missing`);
    if (step.state !== 'done' || now === undefined) continue;
    const isSame =
      now.state === 'done' && canonicalJson(now.result ?? null) === canonicalJson(step.result ?? null);
    if (!isSame) refuse(`"${step.id}" has a result already`);
  }
}

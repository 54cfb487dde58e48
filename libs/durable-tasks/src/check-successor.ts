import { canonicalJson, ParleyError } from '@parley/shared-models';
import type { TaskDocument } from './task-document.ts';
import { isReachable } from './transitions.ts';

const FIXED = ['id', 'conversationId', 'group', 'ownerId', 'user', 'createdAt'] as const;

/**
 * Refuses what cannot come after a task: another state than one that follows, another owner, another result of a step
 * that is done. The last keeps the promise that each step's result is stored once.
 * @throws ParleyError `invalid_request`
 */
export function checkSuccessor(before: TaskDocument, after: TaskDocument): void {
  const refuse = (what: string): never => {
    throw new ParleyError('invalid_request', `The task cannot become that: ${what}.`);
  };
  if (!isReachable(before.state, after.state)) refuse(`${after.state} does not follow from ${before.state}`);
  const changed = FIXED.find((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
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

import type { StepRecord } from './task-document.ts';

/** How many attempts at a step have begun that use up its `maxAttempts`. */
export function countedAttempts({
  attempt,
  uncounted = 0,
}: Pick<StepRecord, 'attempt' | 'uncounted'>): number {
  return attempt - uncounted;
}

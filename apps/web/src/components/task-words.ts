import type { StepState, Task, TaskState } from '@parley/shared-models';

const WORDS: Record<TaskState, string> = {
  PLANNING: 'planning',
  EXECUTING: 'running',
  AGGREGATING: 'writing the report',
  REFINEMENT_READY: 'report ready',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

export const taskStateText = (state: TaskState): string => WORDS[state];

const STEP_WORDS: Record<StepState, string> = {
  pending: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const stepStateText = (state: StepState): string => STEP_WORDS[state];

/** `3 of 7 steps`. */
export function stepsText({ plan }: Task): string {
  const done = plan.filter(({ state }) => state === 'done').length;
  return plan.length === 0
    ? 'no steps yet'
    : `${done} of ${plan.length} ${plan.length === 1 ? 'step' : 'steps'}`;
}

import type { JsonValue, TaskError } from '@parley/shared-models';
import type { CheckedPlan } from './task-plan.ts';

/** An event of a task. */
export type TaskEvent =
  /** Its driver has found the steps of the round. */
  | { readonly type: 'planned'; readonly plan: CheckedPlan }
  /** These steps are dispatched: their next attempt begins. */
  | { readonly type: 'begun'; readonly stepIds: readonly string[] }
  /** An attempt gave a result. */
  | {
      readonly type: 'done';
      readonly stepId: string;
      readonly attempt: number;
      readonly agentId: string;
      readonly result: JsonValue;
    }
  /** An attempt failed. */
  | {
      readonly type: 'failed';
      readonly stepId: string;
      readonly attempt: number;
      readonly error: TaskError;
      /** Whether a further attempt can succeed. */
      readonly canRetry: boolean;
    }
  /** There was no agent to make the attempt: it did not happen. */
  | { readonly type: 'absent'; readonly stepId: string; readonly attempt: number; readonly error: TaskError }
  /** A message is safe in the queue. */
  | { readonly type: 'said'; readonly messageId: string }
  /** It cannot go on: no plan was found, or it has become too large. */
  | { readonly type: 'broken'; readonly error: TaskError }
  | { readonly type: 'cancelled' }
  | {
      readonly type: 'refined';
      readonly requestId: string;
      readonly text: string;
      readonly input?: JsonValue | undefined;
    };

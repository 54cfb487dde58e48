import type { RoundRecord, StepRecord, TaskPlan } from '@parley/durable-tasks';
import type { Logger } from '@parley/process-kit';
import type { JsonValue } from '@parley/shared-models';
import type { z } from 'zod';

/** The context of a driver that plans a round of a task. */
export interface PlanContext {
  readonly taskId: string;
  readonly title: string;
  /** The request of this round. */
  readonly text: string;
  /** The `input` that was given to `start` or `refine`. */
  readonly input: JsonValue | undefined;
  /** 1 at first; from 2 on the task is being refined. */
  readonly round: number;
  /** All rounds, this one last; earlier ones have their `report`. */
  readonly rounds: readonly RoundRecord[];
  /** Steps of earlier rounds, done with `input` and `result`; those of a round that failed may be `failed` or `cancelled`. */
  readonly steps: readonly StepRecord[];
  /** The person who asked. */
  readonly user: { readonly id: string; readonly name: string };
  /** Aborted when the task was cancelled, or another process drives it now. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * How an agent drives tasks. The instances of its group share the work: each task is driven by one of them, and
 * another one goes on with it, from the last stored step, when that one is gone.
 */
export interface TaskDriver {
  /**
   * Finds the steps of a round. Called again when the process dies before the plan is stored, so it must not do anything
   * beyond finding them. A `ParleyError` that it throws fails the task with that text.
   */
  plan(context: PlanContext): Promise<TaskPlan> | TaskPlan;
}

/** The additional context of a handler that does one step of a task, beside that of a message. */
export interface StepInHand {
  readonly taskId: string;
  readonly taskTitle: string;
  readonly id: string;
  readonly title: string;
  /** `aggregate`: it makes the report of a round; its result must be a `TaskReport`. */
  readonly kind: 'step' | 'aggregate';
  readonly round: number;
  /** From 1. */
  readonly attempt: number;
  /**
   * The same for every attempt and delivery of this step. The step's effects outside of Parley can happen twice when the
   * process dies half-way: give this key to a service that recognises the second time by it.
   */
  readonly key: string;
  readonly input: JsonValue | undefined;
  /** The input, checked. @throws ParleyError `invalid_request`, which fails the step for good */
  parseInput<T>(schema: z.ZodType<T>): T;
  /** The results of the steps that it depends on, by their ids; of an aggregating step, of all steps. */
  readonly results: Readonly<Record<string, JsonValue>>;
  /** A result, checked. @throws ParleyError `invalid_request` where there is none, or it is something else */
  parseResult<T>(stepId: string, schema: z.ZodType<T>): T;
  /** The request of each round, this one last; earlier ones with their `report`, for an aggregating step. */
  readonly rounds: readonly RoundRecord[];
  /** Shows people at once how far the step is; nothing is stored. At most 1000 characters. */
  progress(text: string): void;
}

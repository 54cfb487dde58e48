import { deriveId, type JsonValue } from '@parley/shared-models';
import { countedAttempts } from './counted-attempts.ts';
import type { StepCall } from './step-call.ts';
import type { StepRecord, TaskDocument } from './task-document.ts';

/** Id of the message that asks for an attempt at a step: the same for every caller and every repetition. */
export function stepMessageId(taskId: string, { id, attempt }: Pick<StepRecord, 'id' | 'attempt'>): string {
  return deriveId(taskId, 'step', id, attempt);
}

/** The input of the agent that does the step. Pure: every attempt gets the same but for its number. */
export function callOfStep(task: TaskDocument, step: StepRecord): StepCall {
  const isAggregate = step.kind === 'aggregate';
  const needed = new Set(step.dependsOn);
  const results = task.steps.flatMap(({ id, kind, result }): [string, JsonValue][] =>
    result !== undefined && kind === 'step' && (isAggregate || needed.has(id)) ? [[id, result]] : [],
  );
  return {
    taskId: task.id,
    taskTitle: task.title,
    stepId: step.id,
    title: step.title,
    kind: step.kind,
    round: step.round,
    attempt: countedAttempts(step),
    timeoutMs: step.timeoutMs,
    key: deriveId(task.id, 'step-key', step.id),
    conversationId: task.conversationId,
    ...(step.input === undefined ? {} : { input: step.input }),
    results: Object.fromEntries(results),
    rounds: isAggregate
      ? task.rounds
      : task.rounds.map(({ report: _, ...round }) => round).filter(({ round }) => round <= step.round),
  };
}

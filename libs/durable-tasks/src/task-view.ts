import type { JsonValue, Task, TaskDetail, TaskStep } from '@parley/shared-models';
import { countedAttempts } from './counted-attempts.ts';
import type { StepRecord, TaskDocument } from './task-document.ts';

const SUMMARY_LENGTH = 300;

/** A task as people see it. */
export function taskView(task: TaskDocument, version: number): Task {
  const { id, conversationId, state, title, round, group, createdAt, updatedAt, error } = task;
  const reportMessageId = task.rounds.findLast(({ reportMessageId }) => reportMessageId)?.reportMessageId;
  return {
    id,
    conversationId,
    state,
    title,
    version,
    round,
    group,
    plan: task.steps.map(stepView),
    createdAt,
    updatedAt,
    ...(reportMessageId && { reportMessageId }),
    ...(error && { error }),
  };
}

/** The same with the inputs and results of the steps. */
export function taskDetail(task: TaskDocument, version: number): TaskDetail {
  return {
    ...taskView(task, version),
    plan: task.steps.map((step) => ({
      ...stepView(step),
      ...(step.input === undefined ? {} : { input: step.input }),
      ...(step.result === undefined ? {} : { result: step.result }),
    })),
    rounds: task.rounds.map(({ input: _, ...round }) => round),
  };
}

function stepView(record: StepRecord): TaskStep {
  const { input, result, timeoutMs, retryMs, uncounted, absentSince, ...step } = record;
  return {
    ...step,
    attempt: countedAttempts(record),
    ...(result === undefined ? {} : { summary: summaryOf(result) }),
  };
}

/** The text that people see of a result: its own `summary`, or its beginning. */
export function summaryOf(result: JsonValue): string {
  const own =
    typeof result === 'object' && result !== null && 'summary' in result ? result.summary : undefined;
  const text = typeof own === 'string' ? own : typeof result === 'string' ? result : JSON.stringify(result);
  if (text.length <= SUMMARY_LENGTH) return text;
  return `${text.slice(0, SUMMARY_LENGTH - 1).toWellFormed()}…`;
}

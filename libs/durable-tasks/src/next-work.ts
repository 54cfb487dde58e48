import type { StepRecord, TaskDocument, TaskSaying } from './task-document.ts';

/** The next work of a task's driver. */
export interface TaskWork {
  /** To be said, in this order. */
  readonly say: readonly TaskSaying[];
  /** Whether the steps of the round are to be found. */
  readonly plan: boolean;
  /** Steps whose next attempt can begin. */
  readonly begin: readonly StepRecord[];
  /** Steps under way: a process that has just taken the task over waits for their results. */
  readonly await: readonly StepRecord[];
  /** When a step can be tried again, in milliseconds since 1970. */
  readonly wakeAt?: number;
}

/** Pure. @param now milliseconds since 1970 */
export function nextWork(task: TaskDocument, now: number): TaskWork {
  const isAtSteps = task.state === 'EXECUTING' || task.state === 'AGGREGATING';
  const steps = isAtSteps ? task.steps : [];
  const kind = task.state === 'AGGREGATING' ? 'aggregate' : 'step';
  const isDone = new Set(task.steps.filter(({ state }) => state === 'done').map(({ id }) => id));
  const ready = steps.filter(
    (step) => step.kind === kind && step.state === 'pending' && step.dependsOn.every((id) => isDone.has(id)),
  );
  const later = ready.map(retryTime).filter((time) => time > now);
  return {
    say: task.toSay,
    // After all that the rounds before had to say, so that the conversation keeps its order.
    plan: task.state === 'PLANNING' && task.toSay.length === 0,
    begin: ready.filter((step) => retryTime(step) <= now),
    await: steps.filter(({ state }) => state === 'running'),
    ...(later.length === 0 ? {} : { wakeAt: Math.min(...later) }),
  };
}

/** Whether a driver is needed. */
export function isOpen(task: TaskDocument): boolean {
  const { say, plan, begin, await: running, wakeAt } = nextWork(task, Number.POSITIVE_INFINITY);
  return plan || say.length + begin.length + running.length > 0 || wakeAt !== undefined;
}

const retryTime = ({ retryAt }: StepRecord): number => (retryAt === undefined ? 0 : Date.parse(retryAt));

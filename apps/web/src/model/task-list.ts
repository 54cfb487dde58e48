import type { Task, TaskProgress } from '@parley/shared-models';

/** By id. */
export type Tasks = Readonly<Record<string, Task>>;

/** By task, then by step: the last progress report of the executing agent. */
export type StepProgress = Readonly<Record<string, Readonly<Record<string, TaskProgress>>>>;

/** Adds newer versions only. Returns the same object when no task is newer. */
export function withTasks(known: Tasks, incoming: readonly Task[]): Tasks {
  const newer = incoming.filter(({ id, version }) => version > (known[id]?.version ?? 0));
  return newer.length === 0
    ? known
    : { ...known, ...Object.fromEntries(newer.map((task) => [task.id, task])) };
}

export function withProgress(known: StepProgress, progress: TaskProgress): StepProgress {
  const { taskId, stepId } = progress;
  return { ...known, [taskId]: { ...known[taskId], [stepId]: progress } };
}

/** Whether the task has ended; only a refinement starts it again. */
export const isOver = ({ state }: Task): boolean =>
  state === 'REFINEMENT_READY' || state === 'FAILED' || state === 'CANCELLED';

/** The latest task first. */
export const newestFirst = (tasks: Tasks): readonly Task[] =>
  Object.values(tasks).sort(
    (one, other) => Date.parse(other.createdAt ?? '') - Date.parse(one.createdAt ?? ''),
  );

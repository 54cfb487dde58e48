import type { Task, TaskProgress } from '@parley/shared-models';

/** By id. */
export type Tasks = Readonly<Record<string, Task>>;

/** By task, then by step: what the agent that is at it said last. */
export type StepProgress = Readonly<Record<string, Readonly<Record<string, TaskProgress>>>>;

/** The newer version of each counts; the same object when nothing is newer. */
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

/** Nothing happens to it any more, unless somebody refines it. */
export const isOver = ({ state }: Task): boolean =>
  state === 'REFINEMENT_READY' || state === 'FAILED' || state === 'CANCELLED';

/** The one that was begun last first. */
export const newestFirst = (tasks: Tasks): readonly Task[] =>
  Object.values(tasks).sort(
    (one, other) => Date.parse(other.createdAt ?? '') - Date.parse(one.createdAt ?? ''),
  );

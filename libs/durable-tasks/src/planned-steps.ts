import type { StepRecord, TaskDocument } from './task-document.ts';
import type { CheckedPlan } from './task-plan.ts';

/** The steps that a plan adds to a task: what is there already stays as it is, and its result counts. */
export function plannedSteps(task: TaskDocument, { steps, aggregate }: CheckedPlan): StepRecord[] {
  const known = new Set(task.steps.map(({ id }) => id));
  const begin = { round: task.round, state: 'pending', attempt: 0 } as const;
  const added = steps.filter(({ id }) => !known.has(id));
  known.clear();
  for (const { id } of [...task.steps, ...added]) known.add(id);
  return [
    ...added.map((step) => ({ ...step, ...begin, kind: 'step' as const })),
    {
      ...aggregate,
      ...begin,
      id: freeId(aggregate.id, task.round, known),
      kind: 'aggregate' as const,
      dependsOn: [],
    },
  ];
}

/** `report`, `report-2` in the second round; with a further dash where a step has that name. */
function freeId(id: string, round: number, known: ReadonlySet<string>): string {
  let free = round === 1 ? id : `${id.slice(0, 58)}-${round}`;
  while (known.has(free)) free = `${free.slice(0, 62)}-x`;
  return free;
}

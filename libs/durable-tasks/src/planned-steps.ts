import type { StepRecord, TaskDocument } from './task-document.ts';
import type { CheckedPlan } from './task-plan.ts';

/**
 * The steps of a task with those of a plan. A done step stays as it is, and its result counts; a step that an earlier
 * round has given up begins anew where the plan names it, its attempts not counted.
 */
export function plannedSteps(task: TaskDocument, { steps, aggregate }: CheckedPlan): StepRecord[] {
  const known = new Set(task.steps.map(({ id }) => id));
  const begin = { round: task.round, state: 'pending', attempt: 0 } as const;
  const wanted = new Map(steps.map((step) => [step.id, step]));
  const kept = task.steps.map((step): StepRecord => {
    const again = step.kind === 'step' && step.state !== 'done' ? wanted.get(step.id) : undefined;
    const { attempt } = step;
    return again === undefined ? step : { ...again, ...begin, kind: 'step', attempt, uncounted: attempt };
  });
  const added = steps.filter(({ id }) => !known.has(id));
  for (const { id } of added) known.add(id);
  return [
    ...kept,
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

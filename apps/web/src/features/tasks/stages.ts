import type { TaskStep } from '@parley/shared-models';

/** Steps that can run at the same time, since no step needs another one of the stage. */
export type Stage<S extends TaskStep> = readonly S[];

/** The steps of a round by stage: each step is after the last step that it needs. Steps of earlier rounds are done. */
export function stagesOf<S extends TaskStep>(steps: readonly S[]): Stage<S>[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const depths = new Map<string, number>();
  const deepest = (): number => Math.max(-1, ...depths.values());

  function depthOf(step: S, path: ReadonlySet<string>): number {
    const known = depths.get(step.id);
    if (known !== undefined) return known;
    const needed = step.dependsOn.flatMap((id) => byId.get(id) ?? []).filter(({ id }) => !path.has(id));
    const on = new Set([...path, step.id]);
    const depth = Math.max(-1, ...needed.map((each) => depthOf(each, on))) + 1;
    depths.set(step.id, depth);
    return depth;
  }

  const [aggregates, others] = [
    steps.filter(({ kind }) => kind === 'aggregate'),
    steps.filter(({ kind }) => kind === 'step'),
  ];
  for (const step of others) depthOf(step, new Set());
  // The report comes after all steps, regardless of its dependencies.
  const last = deepest() + 1;
  for (const { id } of aggregates) depths.set(id, last);
  const stages = Map.groupBy(steps, ({ id }) => depths.get(id) ?? 0);
  return [...stages].sort(([one], [other]) => one - other).map(([, stage]) => stage);
}

/** By round, the newest first. */
export function roundsOf<S extends TaskStep>(steps: readonly S[]): { round: number; stages: Stage<S>[] }[] {
  return [...Map.groupBy(steps, ({ round }) => round)]
    .sort(([one], [other]) => other - one)
    .map(([round, planned]) => ({ round, stages: stagesOf(planned) }));
}

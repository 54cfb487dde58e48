import { LIMITS, ParleyError } from '@parley/shared-models';
import type { StepRecord } from './task-document.ts';
import { type CheckedPlan, TaskPlan } from './task-plan.ts';

/**
 * The plan with its defaults.
 * @param existing steps that the task has already
 * @throws ParleyError `agent_failed` that names the fault: shape, ids, dependencies, a circle
 */
export function checkPlan(plan: TaskPlan, existing: readonly StepRecord[]): CheckedPlan {
  const parsed = TaskPlan.safeParse(plan);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw wrong(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { steps } = parsed.data;
  const known = new Map(existing.map((step) => [step.id, step]));
  const planned = new Set<string>();
  for (const { id } of steps) {
    if (planned.has(id)) throw wrong(`two steps have the id "${id}"`);
    if (known.get(id)?.kind === 'aggregate') throw wrong(`"${id}" is the id of an earlier report`);
    planned.add(id);
  }
  for (const { id, dependsOn } of steps) {
    const missing = dependsOn.find((other) => !planned.has(other) && !isResult(known.get(other)));
    if (missing !== undefined) throw wrong(`"${id}" depends on "${missing}", which there is not`);
  }
  const circle = findCircle(steps.filter(({ id }) => !isResult(known.get(id))));
  if (circle !== undefined) throw wrong(`"${circle}" depends on itself`);
  const added = steps.filter(({ id }) => !known.has(id));
  if (existing.length + added.length + 1 > LIMITS.taskSteps) {
    throw wrong(`a task has at most ${LIMITS.taskSteps} steps`);
  }
  return parsed.data;
}

/** A step that an earlier round has given up has no result. */
function isResult(step: StepRecord | undefined): boolean {
  return step?.kind === 'step' && step.state === 'done';
}

/** A step from which its dependencies lead back to it. */
function findCircle(steps: CheckedPlan['steps']): string | undefined {
  const left = new Map(steps.map((step) => [step.id, step]));
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const { id, dependsOn } of [...left.values()]) {
      if (!dependsOn.some((other) => left.has(other))) left.delete(id);
    }
  }
  return left.keys().next().value;
}

function wrong(what: string): ParleyError {
  return new ParleyError('agent_failed', `The plan is wrong: ${what}.`);
}

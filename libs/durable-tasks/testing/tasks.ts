import { newId } from '@parley/shared-models';
import { advance } from '../src/advance.ts';
import { checkPlan } from '../src/check-plan.ts';
import type { TaskDocument } from '../src/task-document.ts';
import { newTask } from '../src/task-document.ts';
import type { TaskEvent } from '../src/task-events.ts';
import type { PlannedStep, TaskPlan } from '../src/task-plan.ts';

export const AT = Date.parse('2026-01-31T12:00:00.000Z');

export function aTask(): TaskDocument {
  return newTask(
    {
      id: newId(),
      conversationId: newId(),
      group: 'planner',
      ownerId: 'ada',
      user: { kind: 'user', id: 'ada', name: 'Ada' },
      title: 'Compare Apple and Tesla',
      requestId: newId(),
      text: 'Compare them',
    },
    new Date(AT).toISOString(),
  );
}

/** Steps by id, each with those that it depends on. */
export function aPlan(
  steps: Readonly<Record<string, readonly string[]>>,
  more: Partial<PlannedStep> = {},
): TaskPlan {
  return {
    steps: Object.entries(steps).map(([id, dependsOn]) => ({
      id,
      title: `Do ${id}`,
      group: 'executor',
      dependsOn: [...dependsOn],
      ...more,
    })),
    aggregate: { title: 'Report', group: 'aggregator', ...more, id: 'report' },
  };
}

export const planned = (plan: TaskPlan, task: TaskDocument = aTask()): TaskDocument =>
  after(task, { type: 'planned', plan: checkPlan(plan, task.steps) });

export const after = (task: TaskDocument, ...events: TaskEvent[]): TaskDocument =>
  events.reduce((now, event) => advance(now, event, AT), task);

/** Begins the step and ends it well. */
export const doing = (stepId: string, result: unknown = `${stepId} done`, attempt = 1): TaskEvent[] => [
  { type: 'begun', stepIds: [stepId] },
  { type: 'done', stepId, attempt, agentId: 'executor', result: result as string },
];

export const states = (task: TaskDocument): Record<string, string> =>
  Object.fromEntries(task.steps.map(({ id, state }) => [id, state]));

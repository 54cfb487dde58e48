import type { VersionedTask } from '@parley/control-plane';
import { type StepRecord, stepMessageId, type TaskDocument } from '@parley/durable-tasks';
import { stopAnswer } from '../requests/stop.ts';
import type { ServerServices } from '../server-services.ts';
import { changeTask } from './task-records.ts';

/** Cancels a task that is under way, and stops the agents that are at its steps; one that is over stays as it is. */
export async function cancelTask(services: ServerServices, id: string): Promise<VersionedTask> {
  const { before, after } = await changeTask(services, id, { type: 'cancelled' });
  // Asked a second time, it may be that the server died, or the store was away, before it had stopped them.
  await stopGivenUp(services, before === after ? undefined : before.document, after.document);
  return after;
}

/**
 * Stops the agents at steps that a driver has given up, because the task cannot go on.
 * @param before undefined where it is not known: then all that are cancelled are looked at
 */
export async function stopGivenUp(
  services: ServerServices,
  before: TaskDocument | undefined,
  after: TaskDocument,
): Promise<void> {
  const earlier = before && new Map(before.steps.map(({ id, state }) => [id, state]));
  const givenUp = after.steps.filter(
    ({ id, state, attempt }) =>
      state === 'cancelled' && attempt > 0 && (earlier === undefined || earlier.get(id) === 'running'),
  );
  await Promise.all(givenUp.map((step) => stopStep(services, after.id, step)));
}

/** Stops the agent that is at an attempt, if it is still at it. */
export async function stopStep(
  services: ServerServices,
  taskId: string,
  step: Pick<StepRecord, 'id' | 'attempt'>,
): Promise<void> {
  const messageId = stepMessageId(taskId, step);
  await services.submissions.settled(messageId);
  const found = await services.store.getMessage(messageId);
  if (found?.status !== undefined) await stopAnswer(services, found.status);
}

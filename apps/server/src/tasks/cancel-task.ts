import type { VersionedTask } from '@parley/control-plane';
import { type StepRecord, stepMessageId } from '@parley/durable-tasks';
import { stopAnswer } from '../conversations/stop-answer.ts';
import type { ServerServices } from '../server-services.ts';
import { changeTask } from './task-records.ts';

/** Cancels a task that is under way, and stops the agents that are at its steps; one that is over stays as it is. */
export async function cancelTask(services: ServerServices, id: string): Promise<VersionedTask> {
  const { before, after } = await changeTask(services, id, { type: 'cancelled' });
  if (before !== after) {
    const running = before.document.steps.filter(({ state }) => state === 'running');
    await Promise.all(running.map((step) => stopStep(services, id, step)));
  }
  return after;
}

/** Stops the agent that is at an attempt, if there is one still. */
export async function stopStep(
  services: ServerServices,
  taskId: string,
  step: Pick<StepRecord, 'id' | 'attempt'>,
): Promise<void> {
  const found = await services.store.getMessage(stepMessageId(taskId, step));
  if (found?.status !== undefined) await stopAnswer(services, found.status);
}

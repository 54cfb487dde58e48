import { setTimeout as delay } from 'node:timers/promises';
import { checkPlan, type TaskDocument, type TaskEvent, type TaskPlan } from '@parley/durable-tasks';
import type { Logger } from '@parley/process-kit';
import { ParleyError } from '@parley/shared-models';
import { errorOf } from '../given/error-of.ts';
import { jsonOf } from '../given/json-of.ts';
import { settleAfterAbort } from '../settle-after-abort.ts';
import type { TaskDriver } from './task-driver.ts';

const ATTEMPTS = 3;
const FIRST_RETRY_MS = 500;

/** Asks the driver for the steps of a round. Its error fails the task: a `ParleyError` at once, others after tries. */
export async function findPlan(
  driver: TaskDriver,
  task: TaskDocument,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<TaskEvent> {
  const aborted = Promise.withResolvers<never>();
  // Nobody races against it when the driver's code throws before it has returned a promise.
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  const round = task.rounds.find((each) => each.round === task.round);
  for (let attempt = 1; ; attempt++) {
    try {
      const work = Promise.resolve(
        driver.plan({
          taskId: task.id,
          title: task.title,
          text: round?.text ?? '',
          input: round?.input,
          round: task.round,
          rounds: task.rounds,
          steps: task.steps,
          user: { id: task.user.id, name: task.user.name },
          signal,
          logger,
        }),
      );
      const plan = await settleAfterAbort(work, aborted.promise, signal);
      const checked = checkPlan(jsonOf(plan, 'The plan') as TaskPlan, task.steps);
      return { type: 'planned', plan: checked };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = errorOf(thrown);
      if (error instanceof ParleyError) {
        return { type: 'broken', error: { code: error.code, message: error.message } };
      }
      logger.warn({ err: error, attempt }, 'a task could not be planned');
      if (attempt >= ATTEMPTS) {
        return { type: 'broken', error: { code: 'agent_failed', message: error.message } };
      }
      await delay(FIRST_RETRY_MS * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

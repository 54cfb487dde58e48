import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ControlPlaneHandlers } from '../control-plane.ts';
import type { Logger } from '../logger.ts';
import type { VersionedTask } from '../task-services.ts';
import { encodeMessage } from '../wire/chat-message.ts';
import * as requests from '../wire/task.ts';
import { serveCancellable, serveUnary } from './serve-unary.ts';

/** What tasks may take in one answer, in bytes; gRPC accepts 4 MiB. */
const TASKS_BYTES = 3 * 1024 * 1024;

export function taskService(handlers: ControlPlaneHandlers, logger: Logger): UntypedServiceImplementation {
  return {
    createTask: serveUnary(logger, requests.CreateTask, async (request) => ({
      task: requests.encodeTask(await handlers.createTask(request)),
    })),
    refineTask: serveUnary(logger, requests.RefineTask, async (request) => ({
      task: requests.encodeTask(await handlers.refineTask(request)),
    })),
    cancelTask: serveUnary(logger, requests.CancelTask, async (request) => ({
      task: requests.encodeTask(await handlers.cancelTask(request)),
    })),
    getTask: serveUnary(logger, requests.GetTask, async (request) => ({
      task: requests.encodeTask(await handlers.getTask(request)),
    })),
    listTasks: serveUnary(logger, requests.ListTasks, async (request) => ({
      tasks: fitting(await handlers.listTasks(request)).map(requests.encodeTask),
    })),
    claimTasks: serveUnary(logger, requests.ClaimTasks, async (request) => {
      const { tasks, leaseMs } = await handlers.claimTasks(request);
      const answered = fitting(tasks);
      // The next one who asks may have the others.
      for (const { document, token } of tasks.slice(answered.length)) {
        await handlers.releaseTask({ ...request, lease: { id: document.id, token } });
      }
      return { tasks: answered.map(requests.encodeTask), leaseMs };
    }),
    renewLeases: serveUnary(logger, requests.RenewLeases, async (request) => ({
      held: await handlers.renewLeases(request),
    })),
    releaseTask: serveUnary(logger, requests.ReleaseTask, async (request) => {
      await handlers.releaseTask(request);
      return {};
    }),
    saveTask: serveUnary(logger, requests.SaveTask, async (request) => ({
      task: requests.encodeTask(await handlers.saveTask(request)),
    })),
    runStep: serveCancellable(logger, requests.RunStep, async ({ isCancellation, ...request }, signal) => {
      if (!isCancellation) return { reply: encodeMessage(await handlers.runStep(request, signal)) };
      await handlers.cancelStep(request);
      return {};
    }),
  };
}

/** As many of the first ones as an answer may hold; at least one. */
function fitting(tasks: readonly VersionedTask[]): readonly VersionedTask[] {
  let bytes = 0;
  const end = tasks.findIndex(({ document }, index) => {
    bytes += Buffer.byteLength(JSON.stringify(document));
    return index > 0 && bytes > TASKS_BYTES;
  });
  return end === -1 ? tasks : tasks.slice(0, end);
}

import { taskView } from '@parley/durable-tasks';
import type { ClientFrameOf } from '@parley/shared-models';
import { cancelTask } from '../../tasks/cancel-task.ts';
import { ownedTask } from '../../tasks/owned-task.ts';
import type { FrameHandler } from '../session.ts';

/** Cancels a task; answered by a `task.update`, also where it was over already. */
export const onTaskCancel: FrameHandler<ClientFrameOf<'task.cancel'>> = async ({ taskId }, session) => {
  const { services, user } = session;
  await ownedTask(services, taskId, user);
  const { document, version } = await cancelTask(services, taskId);
  session.sendFrame({ type: 'task.update', task: taskView(document, version) });
};

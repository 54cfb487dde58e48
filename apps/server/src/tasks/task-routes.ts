import { taskDetail, taskView } from '@parley/durable-tasks';
import type { RouteHandlers } from '../http/serve-routes.ts';
import type { ServerServices } from '../server-services.ts';
import { authorize } from '../users/permissions.ts';
import { cancelTask } from './cancel-task.ts';
import { listTaskViews, ownedTask } from './task-records.ts';

/** One's own tasks; operators have everybody's. */
export function taskRoutes(services: ServerServices) {
  return {
    async tasks({ input: { all, ...query }, user }) {
      if (all === 'true') authorize(user, 'tasks.all');
      const ownerId = all === 'true' ? undefined : user.id;
      return { tasks: await listTaskViews(services, { ...query, ownerId }) };
    },
    async task({ params, user }) {
      const { document, version } = await ownedTask(services, params.id, user);
      return taskDetail(document, version);
    },
    async cancelTask({ params, user }) {
      await ownedTask(services, params.id, user);
      const { document, version } = await cancelTask(services, params.id);
      return taskView(document, version);
    },
  } satisfies Partial<RouteHandlers>;
}

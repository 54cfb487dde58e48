import { taskDetail, taskView } from '@parley/durable-tasks';
import { Id, Task, TaskDetail, TaskPage } from '@parley/shared-models';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';
import { authorize } from '../users/permissions.ts';
import { cancelTask } from './cancel-task.ts';
import { ownedTask } from './owned-task.ts';
import { listTaskViews } from './task-records.ts';

const Parameters = z.object({ id: Id });

/** `/api/tasks`: one's own; operators have everybody's. */
export function registerTaskRoutes(app: App, services: ServerServices): void {
  const tags = ['tasks'];

  app.get(
    '/api/tasks',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        querystring: z.object({
          conversationId: Id.optional(),
          /** Everybody's. */
          all: z.enum(['true', 'false']).default('false'),
          before: Id.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: TaskPage },
      },
    },
    async ({ query: { all, ...query }, user }) => {
      if (all === 'true') authorize(user, 'tasks.all');
      const ownerId = all === 'true' ? undefined : user.id;
      return { tasks: await listTaskViews(services, { ...query, ownerId }) };
    },
  );

  app.get(
    '/api/tasks/:id',
    {
      config: { action: 'tasks.read' },
      schema: { tags, params: Parameters, response: { 200: TaskDetail } },
    },
    async ({ params, user }) => {
      const { document, version } = await ownedTask(services, params.id, user);
      return taskDetail(document, version);
    },
  );

  app.post(
    '/api/tasks/:id/cancel',
    {
      config: { action: 'tasks.cancel' },
      schema: { tags, params: Parameters, response: { 200: Task } },
    },
    async ({ params, user }) => {
      await ownedTask(services, params.id, user);
      const { document, version } = await cancelTask(services, params.id);
      return taskView(document, version);
    },
  );
}

import type { VersionedTask } from '@parley/control-plane';
import { isAllowed, ParleyError, type User } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { requireTask } from './task-records.ts';

/** A person's own task; operators have everybody's. @throws ParleyError `not_found`, `forbidden` */
export async function ownedTask(services: ServerServices, id: string, user: User): Promise<VersionedTask> {
  const task = await requireTask(services, id);
  if (task.document.ownerId === user.id || isAllowed(user, 'tasks.all')) return task;
  throw new ParleyError('forbidden', 'That task belongs to somebody else.');
}

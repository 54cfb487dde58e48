import type { VersionedTask } from '@parley/control-plane';
import { advance, isOpen, TaskDocument, type TaskEvent, taskView } from '@parley/durable-tasks';
import { isAllowed, ParleyError, Task, type User } from '@parley/shared-models';
import type { StoredTask, TaskQuery } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

type Services = Pick<ServerServices, 'store' | 'hub'>;

/** Documents were parsed before they were written; a newer server may have written fields that this one does not know. */
export function readTask({ document, version, token }: StoredTask): VersionedTask {
  return { document: TaskDocument.parse(JSON.parse(document)), version, token };
}

/** The text stored beside a document, so that lists need not read the document. The version is the store's. */
export function viewText(document: TaskDocument): string {
  return JSON.stringify({ ...taskView(document, 1), version: undefined });
}

/** The views of tasks for lists, the one that was begun last first. */
export async function listTaskViews({ store }: Pick<Services, 'store'>, query: TaskQuery): Promise<Task[]> {
  const found = await store.tasks.listViews(query);
  return Promise.all(
    found.map(async ({ id, version, view }) => {
      if (view !== undefined) return Task.parse({ ...JSON.parse(view), version });
      // It was last saved by a server that stored no views.
      const { document, version: now } = await requireTask({ store }, id);
      return taskView(document, now);
    }),
  );
}

/** @throws ParleyError `not_found` */
export async function requireTask({ store }: Pick<Services, 'store'>, id: string): Promise<VersionedTask> {
  const found = await store.tasks.get(id);
  if (found === undefined) throw new ParleyError('not_found', 'There is no such task.');
  return readTask(found);
}

/** A person's own task; operators have everybody's. @throws ParleyError `not_found`, `forbidden` */
export async function ownedTask(
  services: Pick<Services, 'store'>,
  id: string,
  user: User,
): Promise<VersionedTask> {
  const task = await requireTask(services, id);
  if (task.document.ownerId === user.id || isAllowed(user, 'tasks.all')) return task;
  throw new ParleyError('forbidden', 'That task belongs to somebody else.');
}

/** Tells the followers of the conversation the present state of the task. */
export function showTask({ hub }: Pick<Services, 'hub'>, { document, version }: VersionedTask): void {
  hub.broadcast(document.conversationId, { type: 'task.update', task: taskView(document, version) });
}

/** Stores a document and shows it. @throws ParleyError `id_conflict` when version or lease are others */
export async function saveTask(
  services: Services,
  document: TaskDocument,
  expected: { readonly expectedVersion: number; readonly token?: number },
): Promise<VersionedTask> {
  const stored = await services.store.tasks.save({
    id: document.id,
    document: JSON.stringify(document),
    view: viewText(document),
    isOpen: isOpen(document),
    ...expected,
  });
  const saved = { document, version: stored.version, token: stored.token };
  showTask(services, saved);
  return saved;
}

/**
 * Applies an event that does not come from the driver. Returns the task before and after; the same where nothing changed.
 * @throws ParleyError `not_found`; the errors of `advance`
 */
export async function changeTask(
  services: Services,
  id: string,
  event: TaskEvent,
): Promise<{ before: VersionedTask; after: VersionedTask }> {
  for (;;) {
    const before = await requireTask(services, id);
    const document = advance(before.document, event, Date.now());
    if (document === before.document) return { before, after: before };
    try {
      return { before, after: await saveTask(services, document, { expectedVersion: before.version }) };
    } catch (error) {
      // Its driver was there first: the next turn reads its document.
      if (!(error instanceof ParleyError) || error.code !== 'id_conflict') throw error;
    }
  }
}

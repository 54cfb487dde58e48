import type { VersionedTask } from '@parley/control-plane';
import { advance, isOpen, TaskDocument, type TaskEvent, taskView } from '@parley/durable-tasks';
import { ParleyError } from '@parley/shared-models';
import type { StoredTask } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

type Services = Pick<ServerServices, 'store' | 'hub'>;

/** What was written was parsed before; a newer server may have written more than this one knows. */
export function readTask({ document, version, token }: StoredTask): VersionedTask {
  return { document: TaskDocument.parse(JSON.parse(document)), version, token };
}

/** @throws ParleyError `not_found` */
export async function requireTask({ store }: Pick<Services, 'store'>, id: string): Promise<VersionedTask> {
  const found = await store.tasks.get(id);
  if (found === undefined) throw new ParleyError('not_found', 'There is no such task.');
  return readTask(found);
}

/** Tells everybody who follows the conversation how the task is now. */
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
    isOpen: isOpen(document),
    ...expected,
  });
  const saved = { document, version: stored.version, token: stored.token };
  showTask(services, saved);
  return saved;
}

/**
 * What somebody else than the driver does to a task. Returns how it was before and how it is after; the same where
 * nothing changed.
 * @throws ParleyError `not_found`; what `advance` throws
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
      // Its driver was there first: what it has stored is looked at.
      if (!(error instanceof ParleyError) || error.code !== 'id_conflict') throw error;
    }
  }
}

import { ParleyError } from '@parley/shared-models';
import type { StoredTask, StoredTaskView } from '../ports/tasks.ts';

/** A task as both databases give it. */
export interface TaskRow {
  readonly id: string;
  readonly agent_group: string;
  readonly conversation_id: string;
  readonly owner_id: string;
  readonly is_open: number | boolean;
  readonly document: string;
  readonly version: number;
  readonly token: number;
}

export const TASK_COLUMNS = 'id, agent_group, conversation_id, owner_id, is_open, document, version, token';

/** What lists need of a task, as both databases give it. */
export interface TaskViewRow {
  readonly id: string;
  readonly owner_id: string;
  readonly version: number;
  readonly view: string | null;
}

export const VIEW_COLUMNS = 'id, owner_id, version, view';

export function viewOf({ id, version, view }: TaskViewRow): StoredTaskView {
  return { id, version: Number(version), view: view ?? undefined };
}

export function taskOf(row: TaskRow): StoredTask {
  return {
    id: row.id,
    group: row.agent_group,
    conversationId: row.conversation_id,
    ownerId: row.owner_id,
    isOpen: Boolean(row.is_open),
    document: row.document,
    version: Number(row.version),
    token: Number(row.token),
  };
}

/** Why a task could not be saved. */
export function notSaved(
  known: Pick<StoredTask, 'id' | 'version' | 'token'> | undefined,
  expected: { readonly expectedVersion: number; readonly token?: number | undefined },
): ParleyError {
  if (known === undefined) return new ParleyError('not_found', 'There is no such task.');
  const { id, version, token } = known;
  const what =
    expected.token !== undefined && token !== expected.token
      ? 'is driven by another process'
      : `has version ${version}, not ${expected.expectedVersion}`;
  return new ParleyError('id_conflict', `The task ${id} ${what}.`, { details: { version, token } });
}

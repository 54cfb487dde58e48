import { storableText } from '@parley/shared-models';
import type { TaskQuery, TaskStore } from '../ports/tasks.ts';
import {
  notSaved,
  TASK_COLUMNS,
  type TaskRow,
  type TaskViewRow,
  taskOf,
  VIEW_COLUMNS,
  viewOf,
} from '../rules/tasks.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const ADD: Statement = {
  name: 'add-task',
  text: `
    INSERT INTO tasks (id, agent_group, conversation_id, owner_id, is_open, document, view, version, token)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0) ON CONFLICT (id) DO NOTHING RETURNING ${TASK_COLUMNS}`,
};
const FIND: Statement = { name: 'find-task', text: `SELECT ${TASK_COLUMNS} FROM tasks WHERE id = $1` };
// Who has nothing left to drive holds it no longer.
const SAVE: Statement = {
  name: 'save-task',
  text: `
    UPDATE tasks SET document = $2, view = $6, is_open = $3, version = version + 1, changed_at = now(),
      leased_until = CASE WHEN $3 THEN leased_until END
    WHERE id = $1 AND version = $4 AND ($5::integer IS NULL OR token = $5) RETURNING ${TASK_COLUMNS}`,
};
const CLAIM: Statement = {
  name: 'claim-tasks',
  text: `
    WITH due AS (
      SELECT id FROM tasks
      WHERE agent_group = $1 AND is_open
        AND (leased_until IS NULL OR leased_until <= now()
          OR leased_until > now() + ($2::float8 + 1000) * interval '1 millisecond'
          OR (holder_id = $3 AND holder_incarnation < $4))
      ORDER BY id LIMIT $5
      FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE tasks SET token = token + 1, holder_id = $3, holder_incarnation = $4,
        leased_until = now() + $2::float8 * interval '1 millisecond'
      FROM due WHERE tasks.id = due.id
      RETURNING ${TASK_COLUMNS.split(', ')
        .map((column) => `tasks.${column}`)
        .join(', ')}
    )
    SELECT ${TASK_COLUMNS} FROM taken ORDER BY id`,
};
const RENEW: Statement = {
  name: 'renew-tasks',
  text: `
    UPDATE tasks SET leased_until = now() + $3::float8 * interval '1 millisecond'
    FROM unnest($1::text[], $2::integer[]) AS held (id, token)
    WHERE tasks.id = held.id AND tasks.token = held.token AND is_open
    RETURNING tasks.id, version`,
};
const RELEASE: Statement = {
  name: 'release-task',
  text: 'UPDATE tasks SET leased_until = NULL WHERE id = $1 AND token = $2',
};
const listOf = (columns: string): string => `
    SELECT ${columns} FROM tasks
    WHERE ($1::text IS NULL OR owner_id = $1) AND ($2::text IS NULL OR conversation_id = $2)
      AND ($3::text IS NULL OR id < $3)
    ORDER BY id DESC LIMIT $4`;
const LIST: Statement = { name: 'list-tasks', text: listOf(TASK_COLUMNS) };
const LIST_VIEWS: Statement = { name: 'list-task-views', text: listOf(VIEW_COLUMNS) };
const listValues = ({ ownerId, conversationId, before, limit }: TaskQuery): unknown[] => [
  ownerId ?? null,
  conversationId ?? null,
  before ?? null,
  limit,
];

export function createPostgresTasks(database: Database): TaskStore {
  const first = async (statement: Statement, values: unknown[]): Promise<TaskRow | undefined> =>
    (await database.rows<TaskRow>(statement, values))[0];

  return {
    async add({ id, group, conversationId, ownerId, isOpen, document, view }) {
      const values = [id, group, conversationId, ownerId, isOpen, document, view];
      const added = await first(ADD, values);
      if (added !== undefined) return { task: taskOf(added), isDuplicate: false };
      const known = await first(FIND, [id]);
      if (known === undefined) throw new Error(`the task ${id} was not stored`);
      return { task: taskOf(known), isDuplicate: true };
    },
    async get(id) {
      const row = await first(FIND, [id]);
      return row === undefined ? undefined : taskOf(row);
    },
    async save({ id, document, view, isOpen, expectedVersion, token }) {
      const saved = await first(SAVE, [id, document, isOpen, expectedVersion, token ?? null, view]);
      if (saved !== undefined) return taskOf(saved);
      const row = await first(FIND, [id]);
      const known = row === undefined ? undefined : taskOf(row);
      // When the connection is lost after the commit, it is saved again.
      const isRepeated =
        known?.version === expectedVersion + 1 &&
        known.document === storableText(document) &&
        (token === undefined || known.token === token);
      if (known !== undefined && isRepeated) return known;
      throw notSaved(known, { expectedVersion, token });
    },
    async claim({ group, holder, leaseMs, limit }) {
      const values = [group, leaseMs, holder.agentId, holder.incarnation, limit];
      return (await database.rows<TaskRow>(CLAIM, values)).map(taskOf);
    },
    async renew({ leases, leaseMs }) {
      const values = [leases.map(({ id }) => id), leases.map(({ token }) => token), leaseMs];
      const rows = await database.rows<{ id: string; version: number }>(RENEW, values);
      return rows.map(({ id, version }) => ({ id, version: Number(version) }));
    },
    async release(id, token) {
      await database.rows(RELEASE, [id, token]);
    },
    async list(query) {
      return (await database.rows<TaskRow>(LIST, listValues(query))).map(taskOf);
    },
    async listViews(query) {
      return (await database.rows<TaskViewRow>(LIST_VIEWS, listValues(query))).map(viewOf);
    },
  };
}

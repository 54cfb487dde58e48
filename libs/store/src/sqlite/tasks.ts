import { storableText } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
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

/** As `TaskStore`; what writes only inside a transaction. */
export type SqliteTasks = {
  [K in keyof TaskStore]: (...values: Parameters<TaskStore[K]>) => Awaited<ReturnType<TaskStore[K]>>;
};

export function createSqliteTasks(prepare: Prepare, now: () => number): SqliteTasks {
  const insert = prepare.one<TaskRow>(`
    INSERT INTO tasks (id, agent_group, conversation_id, owner_id, is_open, document, view, version, token, changed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, CAST(unixepoch('subsec') * 1000 AS INTEGER)) ON CONFLICT (id) DO NOTHING RETURNING ${TASK_COLUMNS}`);
  const find = prepare.one<TaskRow>(`SELECT ${TASK_COLUMNS} FROM tasks WHERE id = ?`);
  // Who has nothing left to drive holds it no longer.
  const update = prepare.one<TaskRow>(`
    UPDATE tasks SET document = ?2, view = ?6, is_open = ?3, version = version + 1,
      changed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
      leased_until = CASE WHEN ?3 THEN leased_until END
    WHERE id = ?1 AND version = ?4 AND (?5 IS NULL OR token = ?5) RETURNING ${TASK_COLUMNS}`);
  // Times that lie ahead further than they can were written before the clock was set back.
  const findFree = prepare.all<{ id: string }>(`
    SELECT id FROM tasks
    WHERE agent_group = ?1 AND is_open = 1
      AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?2 + ?3
        OR (holder_id = ?4 AND holder_incarnation < ?5))
    ORDER BY id LIMIT ?6`);
  const lease = prepare.one<TaskRow>(`
    UPDATE tasks SET token = token + 1, holder_id = ?, holder_incarnation = ?, leased_until = ?
    WHERE id = ? RETURNING ${TASK_COLUMNS}`);
  const prolong = prepare.one<{ id: string; version: number }>(
    'UPDATE tasks SET leased_until = ? WHERE id = ? AND token = ? AND is_open = 1 RETURNING id, version',
  );
  const free = prepare.change('UPDATE tasks SET leased_until = NULL WHERE id = ? AND token = ?');
  const listRows = prepareList<TaskRow>(prepare, TASK_COLUMNS);
  const listViewRows = prepareList<TaskViewRow>(prepare, VIEW_COLUMNS);

  return {
    add({ id, group, conversationId, ownerId, isOpen, document, view }) {
      const texts = [storableText(document), storableText(view)] as const;
      const added = insert(id, group, conversationId, ownerId, Number(isOpen), ...texts);
      if (added !== undefined) return { task: taskOf(added), isDuplicate: false };
      const known = find(id);
      if (known === undefined) throw new Error(`the task ${id} was not stored`);
      return { task: taskOf(known), isDuplicate: true };
    },
    get(id) {
      const row = find(id);
      return row === undefined ? undefined : taskOf(row);
    },
    save({ id, document, view, isOpen, expectedVersion, token }) {
      const text = storableText(document);
      const saved = update(id, text, Number(isOpen), expectedVersion, token ?? null, storableText(view));
      if (saved !== undefined) return taskOf(saved);
      const row = find(id);
      const known = row === undefined ? undefined : taskOf(row);
      const isRepeated =
        known?.version === expectedVersion + 1 &&
        known.document === text &&
        (token === undefined || known.token === token);
      if (known !== undefined && isRepeated) return known;
      throw notSaved(known, { expectedVersion, token });
    },
    claim({ group, holder, leaseMs, limit }) {
      const at = now();
      const due = findFree(group, at, leaseMs, holder.agentId, holder.incarnation, limit);
      return due.flatMap(({ id }) => {
        const row = lease(holder.agentId, holder.incarnation, at + leaseMs, id);
        return row === undefined ? [] : [taskOf(row)];
      });
    },
    renew({ leases, leaseMs }) {
      const until = now() + leaseMs;
      return leases.flatMap(({ id, token }) => {
        const row = prolong(until, id, token);
        return row === undefined ? [] : [{ id: row.id, version: Number(row.version) }];
      });
    },
    release(id, token) {
      free(id, token);
    },
    list: (query) => listRows(query).map(taskOf),
    listViews: (query) => listViewRows(query).map(viewOf),
  };
}

function prepareList<Row extends { readonly owner_id: string }>(
  prepare: Prepare,
  columns: string,
): (query: TaskQuery) => Row[] {
  const listBy = (condition: string) =>
    prepare.all<Row>(
      `SELECT ${columns} FROM tasks WHERE ${condition} AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`,
    );
  const listAll = listBy('?1 IS NULL');
  const listOwner = listBy('owner_id = ?1');
  const listConversation = listBy('conversation_id = ?1');

  return ({ ownerId, conversationId, before: smaller, limit }) => {
    const before = smaller ?? null;
    if (conversationId !== undefined) {
      const rows = listConversation(conversationId, before, limit);
      return ownerId === undefined ? rows : rows.filter((row) => row.owner_id === ownerId);
    }
    return ownerId === undefined ? listAll(null, before, limit) : listOwner(ownerId, before, limit);
  };
}

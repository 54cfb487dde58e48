import { ParleyError, storableText } from '@parley/shared-models';
import { type Selectable, sql } from 'kysely';
import type { NewStoredTask, StoredTask, TaskQuery, TaskSave, TaskStore } from '../ports/tasks.ts';
import {
  all,
  type Database,
  type Filters,
  first,
  type Given,
  type Pairs,
  pairsOf,
  prepared,
  preparedList,
  type Work,
} from './database.ts';
import { AHEAD_MS } from './outbox.ts';
import type { Tables } from './tables.ts';

const COLUMNS = [
  'id',
  'agent_group',
  'conversation_id',
  'owner_id',
  'is_open',
  'document',
  'version',
  'token',
] as const;
const VIEW_COLUMNS = ['id', 'version', 'view'] as const;

type Held<Rest = object> = Given<{ readonly id: string; readonly token: number } & Rest>;
type Claim = Parameters<TaskStore['claim']>[0];
type ClaimValues = Omit<Claim, 'holder'> & Claim['holder'];

export function createTasks({
  db,
  now,
  isAmong,
  pairs,
  skipLocked,
  read,
  write,
  change,
}: Database): TaskStore {
  const findRow = prepared(({ id }: Given<{ id: string }>) =>
    db.selectFrom('tasks').select(COLUMNS).where('id', '=', id),
  );
  const insert = prepared((task: Given<NewStoredTask>) =>
    db
      .insertInto('tasks')
      .values({
        id: task.id,
        agent_group: task.group,
        conversation_id: task.conversationId,
        owner_id: task.ownerId,
        is_open: task.isOpen,
        document: task.document,
        view: task.view,
        version: 1,
        token: 0,
        changed_at: now(),
      })
      .onConflict((known) => known.column('id').doNothing())
      .returning(COLUMNS),
  );
  // Times that lie ahead further than they can were written before the clock was set back.
  const findFree = prepared(({ group, agentId, incarnation, leaseMs, limit }: Given<ClaimValues>) =>
    db
      .selectFrom('tasks')
      .select('id')
      .where('agent_group', '=', group)
      .where(
        sql<boolean>`(is_open AND (leased_until IS NULL OR leased_until <= ${now()}
          OR leased_until > ${now(sql`CAST(${leaseMs} AS double precision) + ${sql.lit(AHEAD_MS)}`)}
          OR (holder_id = ${agentId} AND holder_incarnation < ${incarnation})))`,
      )
      .orderBy('id')
      .limit(limit)
      .modifyEnd(skipLocked),
  );
  const lease = prepared(
    ({ ids, agentId, incarnation, leaseMs }: Given<ClaimValues & { ids: readonly string[] }>) =>
      db
        .updateTable('tasks')
        .set({
          token: sql`token + 1`,
          holder_id: agentId,
          holder_incarnation: incarnation,
          leased_until: now(leaseMs),
        })
        .where(isAmong('id', ids))
        .returning(COLUMNS),
  );
  const prolong = prepared(({ held, leaseMs }: Given<{ held: Pairs; leaseMs: number }>) =>
    sql<{ id: string; version: number }>`
      UPDATE tasks SET leased_until = ${now(leaseMs)} FROM ${pairs(held)}
      WHERE id = pair_id AND token = pair_number AND is_open RETURNING id, version`.compile(db),
  );
  const free = prepared(({ id, token }: Held) =>
    db.updateTable('tasks').set({ leased_until: null }).where('id', '=', id).where('token', '=', token),
  );

  const update = preparedList(({ id, document, view, isOpen, expectedVersion, token }: Filters<TaskSave>) => {
    const known = db.updateTable('tasks').where('id', '=', id).where('version', '=', expectedVersion);
    return (
      (token === undefined ? known : known.where('token', '=', token))
        .set({ document, view, is_open: isOpen, version: sql`version + 1`, changed_at: now() })
        // A finished task has no holder any longer.
        .set({ leased_until: sql`CASE WHEN ${isOpen} THEN leased_until END` })
        .returning(COLUMNS)
    );
  });

  function* find(id: string): Work<StoredTask | undefined> {
    const row = yield* first(findRow({ id }));
    return row && taskOf(row);
  }

  const listed = ({ ownerId, conversationId, before, limit }: Filters<TaskQuery>) => {
    let query = db.selectFrom('tasks').orderBy('id', 'desc').limit(limit);
    if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId);
    // Of a conversation there are fewer than of an owner: so written, no index of owners is taken instead.
    const owner = conversationId === undefined ? sql.ref<string>('owner_id') : sql<string>`owner_id || ''`;
    if (ownerId !== undefined) query = query.where(owner, '=', ownerId);
    if (before !== undefined) query = query.where('id', '<', before);
    return query;
  };
  const listRows = preparedList((query: Filters<TaskQuery>) => listed(query).select(COLUMNS));
  const listViews = preparedList((query: Filters<TaskQuery>) => listed(query).select(VIEW_COLUMNS));

  return {
    add: (task) =>
      write(function* () {
        const added = yield* first(insert(task));
        if (added !== undefined) return { task: taskOf(added), isDuplicate: false };
        const known = yield* find(task.id);
        if (known === undefined) throw new Error(`the task ${task.id} was not stored`);
        return { task: known, isDuplicate: true };
      }),
    get: (id) => read(() => find(id)),
    save: ({ id, document, view, isOpen, expectedVersion, token }) =>
      write(function* () {
        const saved = yield* first(update({ id, document, view, isOpen, expectedVersion, token }));
        if (saved !== undefined) return taskOf(saved);
        const known = yield* find(id);
        // When the connection is lost after the commit, it is saved again.
        const isRepeated =
          known?.version === expectedVersion + 1 &&
          known.document === storableText(document) &&
          (token === undefined || known.token === token);
        if (known !== undefined && isRepeated) return known;
        throw notSaved(known, { expectedVersion, token });
      }),
    claim: ({ holder, ...claim }) =>
      write(function* () {
        const values = { ...claim, ...holder };
        const ids = (yield* all(findFree(values))).map(({ id }) => id);
        if (ids.length === 0) return [];
        const claimed = (yield* all(lease({ ...values, ids }))).map(taskOf);
        return claimed.sort((one, other) => (one.id < other.id ? -1 : 1));
      }),
    async renew({ leases, leaseMs }) {
      return change(prolong({ held: pairsOf(leases.map(({ id, token }) => [id, token])), leaseMs }));
    },
    async release(id, token) {
      await change(free({ id, token }));
    },
    list: (query) =>
      read(function* () {
        return (yield* all(listRows(query))).map(taskOf);
      }),
    listViews: (query) =>
      read(function* () {
        const rows = yield* all(listViews(query));
        return rows.map(({ id, version, view }) => ({ id, version, view: view ?? undefined }));
      }),
  };
}

function taskOf(row: Pick<Selectable<Tables['tasks']>, (typeof COLUMNS)[number]>): StoredTask {
  return {
    id: row.id,
    group: row.agent_group,
    conversationId: row.conversation_id,
    ownerId: row.owner_id,
    isOpen: Boolean(row.is_open),
    document: row.document,
    version: row.version,
    token: row.token,
  };
}

/** Why a task could not be saved. */
function notSaved(
  known: StoredTask | undefined,
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

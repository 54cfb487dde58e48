import {
  type AuditInput,
  type CommandPiece,
  type CommandRecord,
  isFinalCommandState,
  ParleyError,
} from '@parley/shared-models';
import { type Selectable, sql } from 'kysely';
import type { AgentProcess, AuditOf, CommandQuery, CommandStore, StoredCommand } from '../ports/commands.ts';
import { isSameCommand, queuedCommand, stepCommand, stepOutput } from '../rules/command-states.ts';
import type { Audit } from './audit.ts';
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
  run,
  type Work,
} from './database.ts';
import type { Tables } from './tables.ts';

const COLUMNS = ['id', 'record', 'instance_id', 'output_bytes'] as const;
/** Pieces that are read at once; how much data that is, `pageOf` bounds. */
const PIECES_PAGE = 200;

type Written = Pick<CommandRecord, 'id' | 'state'> & { readonly record: string };
type NewRow = Written & { readonly agentId: string; readonly batchId: string | null };
type SavedRow = Written & {
  readonly isOpen: boolean;
  readonly instanceId: string | null;
  readonly outputBytes: number;
};
type Heard = Pick<AgentProcess, 'agentId' | 'incarnation'>;

/**
 * Records and output are kept as JSON: programs print, and people type, characters that a database's text cannot hold.
 * Commands are locked before the audit's head, in the order of their ids, so that no two transactions wait for each other.
 */
export function createCommands(database: Database, audit: Pick<Audit, 'appendAll'>): CommandStore {
  const { db, now, isAmong, pairs, forUpdate, read, write, change } = database;
  const time = (): string => new Date(database.clock()).toISOString();
  const commands = db.selectFrom('commands').select(COLUMNS);

  const find = prepared(({ id }: Given<{ id: string }>) => commands.where('id', '=', id));
  const lock = prepared(({ ids }: Given<{ ids: readonly string[] }>) =>
    commands.where(isAmong('id', ids)).orderBy('id').modifyEnd(forUpdate),
  );
  // So written, SQLite sorts the open commands instead of reading all commands in that order.
  const findOpen = preparedList(({ agentId }: Filters<{ agentId?: string | undefined }>) => {
    const open = commands.where(sql<boolean>`is_open`).orderBy(sql`number + 0`);
    return agentId === undefined ? open : open.where('agent_id', '=', agentId);
  });
  const insert = prepared((row: Given<NewRow>) =>
    db.insertInto('commands').values({
      id: row.id,
      agent_id: row.agentId,
      batch_id: row.batchId,
      state: row.state,
      is_open: true,
      record: row.record,
      output_bytes: 0,
      changed_at: now(),
    }),
  );
  const update = prepared((row: Given<SavedRow>) =>
    db
      .updateTable('commands')
      .set({
        state: row.state,
        is_open: row.isOpen,
        record: row.record,
        instance_id: row.instanceId,
        output_bytes: row.outputBytes,
        changed_at: now(),
      })
      .where('id', '=', row.id),
  );
  const insertPiece = prepared((row: Given<Tables['command_output']>) =>
    db
      .insertInto('command_output')
      .values({ command_id: row.command_id, seq: row.seq, stream: row.stream, data: row.data }),
  );
  const listPieces = prepared(({ commandId, afterSeq }: Given<{ commandId: string; afterSeq: number }>) =>
    db
      .selectFrom('command_output')
      .select(['seq', 'stream', 'data'])
      .where('command_id', '=', commandId)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(PIECES_PAGE),
  );
  const bind = prepared((bound: Given<Omit<AgentProcess, 'beats'>>) =>
    db
      .insertInto('agent_processes')
      .values({
        agent_id: bound.agentId,
        instance_id: bound.instanceId,
        incarnation: bound.incarnation,
        beats: 0,
      })
      .onConflict((known) =>
        known
          .column('agent_id')
          .doUpdateSet(({ ref }) => ({
            instance_id: ref('excluded.instance_id'),
            incarnation: ref('excluded.incarnation'),
            beats: sql<number>`agent_processes.beats + 1`,
          }))
          .whereRef('excluded.incarnation', '>', 'agent_processes.incarnation'),
      ),
  );
  const unbind = prepared(({ agentId, incarnation }: Given<Heard>) =>
    db.deleteFrom('agent_processes').where('agent_id', '=', agentId).where('incarnation', '<=', incarnation),
  );
  const findProcesses = prepared(({ ids }: Given<{ ids: readonly string[] }>) =>
    db.selectFrom('agent_processes').selectAll().where(isAmong('agent_id', ids)).orderBy('agent_id'),
  );
  const beat = prepared(({ heard }: Given<{ heard: Pairs }>) =>
    sql`
      UPDATE agent_processes SET beats = beats + 1 FROM ${pairs(heard)}
      WHERE agent_id = pair_id AND incarnation = pair_number`.compile(db),
  );

  function* lockAll(ids: readonly string[]): Work<Map<string, StoredCommand>> {
    return new Map((yield* all(lock({ ids }))).map((row) => [row.id, storedCommandOf(row)]));
  }
  const saved = ({ record, instanceId, outputBytes }: StoredCommand) =>
    update({
      id: record.id,
      state: record.state,
      isOpen: !isFinalCommandState(record.state),
      record: JSON.stringify(record),
      instanceId: instanceId ?? null,
      outputBytes,
    });
  const entriesOf = (auditOf: AuditOf | undefined, records: readonly CommandRecord[]): AuditInput[] =>
    records.flatMap((record) => auditOf?.(record) ?? []);
  const findBefore = preparedList(({ before, agentId, batchId, state, limit }: Filters<CommandQuery>) => {
    let query = commands.orderBy('number', 'desc').limit(limit);
    if (before !== undefined) {
      query = query.where('number', '<', db.selectFrom('commands').select('number').where('id', '=', before));
    }
    if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
    if (batchId !== undefined) query = query.where('batch_id', '=', batchId);
    if (state !== undefined) query = query.where('state', '=', state);
    return query;
  });

  return {
    add: (asked, auditOf) =>
      write(function* () {
        const known = yield* lockAll(asked.map(({ id }) => id));
        const added = asked.map((each) => {
          const duplicate = known.get(each.id);
          if (duplicate === undefined) return { command: queuedCommand(each, time()), isDuplicate: false };
          if (isSameCommand(duplicate.record, each)) return { command: duplicate, isDuplicate: true };
          throw new ParleyError('id_conflict', 'This id was used for another command before.');
        });
        const fresh = added.filter(({ isDuplicate }) => !isDuplicate).map(({ command }) => command.record);
        yield* run(
          ...fresh.map((record) => {
            const { id, agentId, batchId = null, state } = record;
            return insert({ id, agentId, batchId, state, record: JSON.stringify(record) });
          }),
        );
        yield* audit.appendAll(entriesOf(auditOf, fresh));
        return added;
      }),
    get: (id) =>
      read(function* () {
        const row = yield* first(find({ id }));
        return row && storedCommandOf(row);
      }),
    list: (query) =>
      read(function* () {
        const rows = yield* all(findBefore({ ...query, limit: query.limit + 1 }));
        const page = rows.slice(0, query.limit).map((row) => storedCommandOf(row).record);
        return { commands: page, hasMore: rows.length > query.limit };
      }),
    listOpen: (agentId) =>
      read(function* () {
        return (yield* all(findOpen({ agentId }))).map(storedCommandOf);
      }),
    apply: (id, event, auditOf) =>
      write(function* () {
        const before = (yield* lockAll([id])).get(id);
        if (before === undefined) return undefined;
        const command = stepCommand(before, event, time());
        if (command === undefined) return { command: before, hasChanged: false };
        yield* run(saved(command));
        yield* audit.appendAll(entriesOf(auditOf, [command.record]));
        return { command, hasChanged: true };
      }),
    addOutput: (commandId, agentId, piece, limits) =>
      write(
        function* () {
          const command = (yield* lockAll([commandId])).get(commandId);
          if (command === undefined || command.record.agentId !== agentId) return { outcome: 'unknown' };
          const { outcome, changed, isStored } = stepOutput(command, piece, limits);
          const { seq, stream, data } = piece;
          const stored = { command_id: commandId, seq, stream, data: JSON.stringify(data) };
          yield* run(
            ...(isStored ? [insertPiece(stored)] : []),
            ...(changed === undefined ? [] : [saved(changed)]),
          );
          return outcome;
        },
        { urgency: 'prompt' },
      ),
    listOutput: (commandId, { afterSeq, limitBytes }) =>
      read(function* () {
        const rows = yield* all(listPieces({ commandId, afterSeq }));
        return pageOf(rows, limitBytes);
      }),
    async bindProcess(bound) {
      await change(bind(bound));
    },
    async unbindProcess(agentId, incarnation) {
      await change(unbind({ agentId, incarnation }));
    },
    processesOf: (ids) =>
      read(function* () {
        return (yield* all(findProcesses({ ids }))).map((row) => ({
          agentId: row.agent_id,
          instanceId: row.instance_id,
          incarnation: row.incarnation,
          beats: row.beats,
        }));
      }),
    async beat(heard) {
      if (heard.length === 0) return;
      const pairs = pairsOf(heard.map(({ agentId, incarnation }) => [agentId, incarnation]));
      await change(beat({ heard: pairs }), { urgency: 'lazy' });
    },
  };
}

function storedCommandOf(row: Pick<Selectable<Tables['commands']>, (typeof COLUMNS)[number]>): StoredCommand {
  return {
    record: JSON.parse(row.record) as CommandRecord,
    instanceId: row.instance_id ?? undefined,
    outputBytes: row.output_bytes,
  };
}

/** As many of the pieces as have `limitBytes` together, and at least one. */
function pageOf(
  rows: readonly Omit<Tables['command_output'], 'command_id'>[],
  limitBytes: number,
): { pieces: CommandPiece[]; hasMore: boolean } {
  const pieces: CommandPiece[] = [];
  let bytes = 0;
  for (const { seq, stream, data } of rows) {
    const piece = { seq, stream, data: JSON.parse(data) as string };
    bytes += Buffer.byteLength(piece.data);
    if (pieces.length > 0 && bytes > limitBytes) return { pieces, hasMore: true };
    pieces.push(piece);
  }
  return { pieces, hasMore: rows.length === PIECES_PAGE };
}

import { type AuditInput, type CommandRecord, isFinalCommandState, ParleyError } from '@parley/shared-models';
import type pg from 'pg';
import type { AuditOf, CommandStore, StoredCommand } from '../ports/commands.ts';
import { stepOutput } from '../rules/command-output.ts';
import {
  COMMAND_COLUMNS,
  type CommandRow,
  PIECES_PAGE,
  type PieceRow,
  type ProcessRow,
  pageOf,
  processOf,
  storedCommandOf,
} from '../rules/command-rows.ts';
import { isSameCommand, queuedCommand, stepCommand } from '../rules/command-states.ts';
import { appendAudit } from './audit.ts';
import { query, type Statement } from './connection.ts';
import type { Database } from './database.ts';

type Row<T> = T & pg.QueryResultRow;

const GET: Statement = { name: 'get-command', text: `SELECT ${COMMAND_COLUMNS} FROM commands WHERE id = $1` };
const LOCK: Statement = {
  name: 'lock-commands',
  text: `SELECT ${COMMAND_COLUMNS} FROM commands WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
};
const INSERT: Statement = {
  name: 'insert-command',
  text: `
    INSERT INTO commands (id, agent_id, batch_id, state, is_open, record, output_bytes)
    VALUES ($1, $2, $3, $4, true, $5, 0)`,
};
const UPDATE: Statement = {
  name: 'update-command',
  text: 'UPDATE commands SET state = $1, is_open = $2, record = $3, instance_id = $4, output_bytes = $5, changed_at = now() WHERE id = $6',
};
const LIST: Statement = {
  name: 'list-commands',
  text: `
    SELECT ${COMMAND_COLUMNS} FROM commands
    WHERE ($1::text IS NULL OR number < (SELECT number FROM commands WHERE id = $1))
      AND ($2::text IS NULL OR agent_id = $2) AND ($3::text IS NULL OR batch_id = $3)
      AND ($4::text IS NULL OR state = $4)
    ORDER BY number DESC LIMIT $5`,
};
const LIST_OPEN: Statement = {
  name: 'list-open-commands',
  text: `SELECT ${COMMAND_COLUMNS} FROM commands WHERE is_open ORDER BY number`,
};
const LIST_OPEN_OF: Statement = {
  name: 'list-open-commands-of',
  text: `SELECT ${COMMAND_COLUMNS} FROM commands WHERE is_open AND agent_id = $1 ORDER BY number`,
};
const INSERT_PIECE: Statement = {
  name: 'insert-command-output',
  text: 'INSERT INTO command_output (command_id, seq, stream, data) VALUES ($1, $2, $3, $4)',
};
const LIST_PIECES: Statement = {
  name: 'list-command-output',
  text: `
    SELECT seq, stream, data FROM command_output WHERE command_id = $1 AND seq > $2
    ORDER BY seq LIMIT ${PIECES_PAGE}`,
};
const BIND: Statement = {
  name: 'bind-agent-process',
  text: `
    INSERT INTO agent_processes (agent_id, instance_id, incarnation, beats) VALUES ($1, $2, $3, 0)
    ON CONFLICT (agent_id) DO UPDATE SET
      instance_id = excluded.instance_id, incarnation = excluded.incarnation, beats = agent_processes.beats + 1
    WHERE excluded.incarnation > agent_processes.incarnation`,
};
const UNBIND: Statement = {
  name: 'unbind-agent-process',
  text: 'DELETE FROM agent_processes WHERE agent_id = $1 AND incarnation <= $2',
};
const PROCESSES: Statement = {
  name: 'agent-processes',
  text: 'SELECT * FROM agent_processes WHERE agent_id = ANY ($1::text[]) ORDER BY agent_id',
};
const BEAT: Statement = {
  name: 'beat-agent-processes',
  text: `
    UPDATE agent_processes SET beats = beats + 1
    FROM unnest($1::text[], $2::integer[]) AS heard (agent_id, incarnation)
    WHERE agent_processes.agent_id = heard.agent_id AND agent_processes.incarnation = heard.incarnation`,
};

/** Commands are locked before the audit's head, in the order of their ids, so that no two transactions wait for each other. */
export function createPostgresCommands(database: Database): CommandStore {
  const at = (): string => new Date().toISOString();
  const lock = async (client: pg.ClientBase, ids: readonly string[]): Promise<Map<string, StoredCommand>> => {
    const { rows } = await query<Row<CommandRow>>(client, LOCK, [ids]);
    return new Map(rows.map((row) => [row.id, storedCommandOf(row)]));
  };
  const save = async (client: pg.ClientBase, command: StoredCommand): Promise<void> => {
    const { record, instanceId, outputBytes } = command;
    const isOpen = !isFinalCommandState(record.state);
    const values = [record.state, isOpen, JSON.stringify(record), instanceId ?? null, outputBytes, record.id];
    await query(client, UPDATE, values);
  };
  const enter = (auditOf: AuditOf | undefined, records: readonly CommandRecord[]): AuditInput[] =>
    records.flatMap((record) => auditOf?.(record) ?? []);

  return {
    add: (commands, auditOf) =>
      database.transaction(async (client) => {
        const known = await lock(
          client,
          commands.map(({ id }) => id),
        );
        const added = commands.map((asked) => {
          const duplicate = known.get(asked.id);
          if (duplicate === undefined) return { command: queuedCommand(asked, at()), isDuplicate: false };
          if (isSameCommand(duplicate.record, asked)) return { command: duplicate, isDuplicate: true };
          throw new ParleyError('id_conflict', 'This id was used for another command before.');
        });
        const fresh = added.filter(({ isDuplicate }) => !isDuplicate).map(({ command }) => command.record);
        for (const record of fresh) {
          const { id, agentId, batchId, state } = record;
          await query(client, INSERT, [id, agentId, batchId ?? null, state, JSON.stringify(record)]);
        }
        await appendAudit(client, enter(auditOf, fresh));
        return added;
      }),
    async get(id) {
      const [row] = await database.rows<Row<CommandRow>>(GET, [id]);
      return row === undefined ? undefined : storedCommandOf(row);
    },
    async list({ limit, before, agentId, batchId, state }) {
      const values = [before ?? null, agentId ?? null, batchId ?? null, state ?? null, limit + 1];
      const rows = await database.rows<Row<CommandRow>>(LIST, values);
      return {
        commands: rows.slice(0, limit).map((row) => storedCommandOf(row).record),
        hasMore: rows.length > limit,
      };
    },
    async listOpen(agentId) {
      const rows = await (agentId === undefined
        ? database.rows<Row<CommandRow>>(LIST_OPEN, [])
        : database.rows<Row<CommandRow>>(LIST_OPEN_OF, [agentId]));
      return rows.map(storedCommandOf);
    },
    apply: (id, event, auditOf) =>
      database.transaction(async (client) => {
        const before = (await lock(client, [id])).get(id);
        if (before === undefined) return undefined;
        const command = stepCommand(before, event, at());
        if (command === undefined) return { command: before, hasChanged: false };
        await save(client, command);
        await appendAudit(client, enter(auditOf, [command.record]));
        return { command, hasChanged: true };
      }),
    addOutput: (commandId, agentId, piece, limits) =>
      database.transaction(async (client) => {
        const command = (await lock(client, [commandId])).get(commandId);
        if (command === undefined || command.record.agentId !== agentId) return { outcome: 'unknown' };
        const { outcome, changed, isStored } = stepOutput(command, piece, limits);
        const { seq, stream, data } = piece;
        await Promise.all([
          isStored ? query(client, INSERT_PIECE, [commandId, seq, stream, JSON.stringify(data)]) : undefined,
          changed === undefined ? undefined : save(client, changed),
        ]);
        return outcome;
      }),
    async listOutput(commandId, { afterSeq, limitBytes }) {
      const rows = await database.rows<Row<PieceRow>>(LIST_PIECES, [commandId, afterSeq]);
      return pageOf(rows, limitBytes, rows.length === PIECES_PAGE);
    },
    async bindProcess({ agentId, instanceId, incarnation }) {
      await database.rows(BIND, [agentId, instanceId, incarnation]);
    },
    async unbindProcess(agentId, incarnation) {
      await database.rows(UNBIND, [agentId, incarnation]);
    },
    async processesOf(agentIds) {
      return (await database.rows<Row<ProcessRow>>(PROCESSES, [agentIds])).map(processOf);
    },
    async beat(processes) {
      if (processes.length === 0) return;
      const sorted = processes.toSorted((one, other) => (one.agentId < other.agentId ? -1 : 1));
      await database.rows(BEAT, [
        sorted.map(({ agentId }) => agentId),
        sorted.map(({ incarnation }) => incarnation),
      ]);
    },
  };
}

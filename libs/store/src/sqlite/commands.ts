import {
  type CommandPiece,
  type CommandRecord,
  isFinalCommandState,
  ParleyError,
} from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import type {
  AgentProcess,
  AppliedEvent,
  AuditOf,
  CommandEvent,
  CommandQuery,
  NewCommand,
  OutputOutcome,
  StoredCommand,
} from '../ports/commands.ts';
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
import type { SqliteAudit } from './audit.ts';

type Added = { readonly command: StoredCommand; readonly isDuplicate: boolean };

/** As `CommandStore`; what writes only inside a transaction. */
export interface SqliteCommands {
  add(commands: readonly NewCommand[], audit: AuditOf): Added[];
  get(id: string): StoredCommand | undefined;
  list(query: CommandQuery): { commands: CommandRecord[]; hasMore: boolean };
  listOpen(agentId?: string): StoredCommand[];
  apply(id: string, event: CommandEvent, audit?: AuditOf): AppliedEvent | undefined;
  addOutput(
    commandId: string,
    agentId: string,
    piece: CommandPiece,
    limits: { readonly bytes: number; readonly pieces: number },
  ): OutputOutcome;
  listOutput(
    commandId: string,
    query: { afterSeq: number; limitBytes: number },
  ): { pieces: CommandPiece[]; hasMore: boolean };
  bindProcess(process: Omit<AgentProcess, 'beats'>): void;
  unbindProcess(agentId: string, incarnation: number): void;
  processesOf(agentIds: readonly string[]): AgentProcess[];
  beat(processes: readonly { readonly agentId: string; readonly incarnation: number }[]): void;
}

export function createSqliteCommands(
  prepare: Prepare,
  audit: SqliteAudit,
  now: () => number,
): SqliteCommands {
  const find = prepare.one<CommandRow>(`SELECT ${COMMAND_COLUMNS} FROM commands WHERE id = ?`);
  const insert = prepare.change(
    `INSERT INTO commands (id, agent_id, batch_id, state, is_open, record, output_bytes, changed_at)
    VALUES (?, ?, ?, ?, 1, ?, 0, CAST(unixepoch('subsec') * 1000 AS INTEGER))`,
  );
  const update = prepare.change(
    `UPDATE commands SET state = ?, is_open = ?, record = ?, instance_id = ?, output_bytes = ?,
      changed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE id = ?`,
  );
  const list = prepare.all<CommandRow>(`
    SELECT ${COMMAND_COLUMNS} FROM commands
    WHERE number < coalesce((SELECT number FROM commands WHERE id = ?1), ?6)
      AND (?2 IS NULL OR agent_id = ?2) AND (?3 IS NULL OR batch_id = ?3) AND (?4 IS NULL OR state = ?4)
    ORDER BY number DESC LIMIT ?5`);
  const listOpen = prepare.all<CommandRow>(
    `SELECT ${COMMAND_COLUMNS} FROM commands WHERE is_open = 1 ORDER BY number`,
  );
  const listOpenOf = prepare.all<CommandRow>(
    `SELECT ${COMMAND_COLUMNS} FROM commands WHERE is_open = 1 AND agent_id = ? ORDER BY number`,
  );
  const insertPiece = prepare.change(
    'INSERT INTO command_output (command_id, seq, stream, data) VALUES (?, ?, ?, ?)',
  );
  const listPieces = prepare.all<PieceRow>(
    `SELECT seq, stream, data FROM command_output WHERE command_id = ? AND seq > ? ORDER BY seq LIMIT ${PIECES_PAGE}`,
  );
  const bind = prepare.change(`
    INSERT INTO agent_processes (agent_id, instance_id, incarnation, beats) VALUES (?, ?, ?, 0)
    ON CONFLICT (agent_id) DO UPDATE SET
      instance_id = excluded.instance_id, incarnation = excluded.incarnation, beats = beats + 1
    WHERE excluded.incarnation > incarnation`);
  const unbind = prepare.change('DELETE FROM agent_processes WHERE agent_id = ? AND incarnation <= ?');
  const findProcess = prepare.one<ProcessRow>('SELECT * FROM agent_processes WHERE agent_id = ?');
  const beat = prepare.change(
    'UPDATE agent_processes SET beats = beats + 1 WHERE agent_id = ? AND incarnation = ?',
  );

  const at = (): string => new Date(now()).toISOString();
  const get = (id: string): StoredCommand | undefined => {
    const row = find(id);
    return row === undefined ? undefined : storedCommandOf(row);
  };
  const save = ({ record, instanceId, outputBytes }: StoredCommand): void => {
    const isOpen = isFinalCommandState(record.state) ? 0 : 1;
    update(record.state, isOpen, JSON.stringify(record), instanceId ?? null, outputBytes, record.id);
  };
  const enter = (auditOf: AuditOf | undefined, record: CommandRecord): void => {
    const input = auditOf?.(record);
    if (input !== undefined) audit.append(input);
  };

  return {
    add(commands, auditOf) {
      const known = commands.map(({ id }) => get(id));
      known.forEach((each, index) => {
        const asked = commands[index];
        if (each !== undefined && asked !== undefined && !isSameCommand(each.record, asked)) {
          throw new ParleyError('id_conflict', 'This id was used for another command before.');
        }
      });
      return commands.map((asked, index) => {
        const duplicate = known[index];
        if (duplicate !== undefined) return { command: duplicate, isDuplicate: true };
        const command = queuedCommand(asked, at());
        const { id, agentId, batchId, state } = command.record;
        insert(id, agentId, batchId ?? null, state, JSON.stringify(command.record));
        enter(auditOf, command.record);
        return { command, isDuplicate: false };
      });
    },
    get,
    list({ limit, before, agentId, batchId, state }) {
      const rows = list(
        before ?? null,
        agentId ?? null,
        batchId ?? null,
        state ?? null,
        limit + 1,
        before === undefined ? Number.MAX_SAFE_INTEGER : 0,
      );
      return {
        commands: rows.slice(0, limit).map((row) => storedCommandOf(row).record),
        hasMore: rows.length > limit,
      };
    },
    listOpen: (agentId) => (agentId === undefined ? listOpen() : listOpenOf(agentId)).map(storedCommandOf),
    apply(id, event, auditOf) {
      const before = get(id);
      if (before === undefined) return undefined;
      const command = stepCommand(before, event, at());
      if (command === undefined) return { command: before, hasChanged: false };
      save(command);
      enter(auditOf, command.record);
      return { command, hasChanged: true };
    },
    addOutput(commandId, agentId, piece, limits) {
      const command = get(commandId);
      if (command === undefined || command.record.agentId !== agentId) return { outcome: 'unknown' };
      const { outcome, changed, isStored } = stepOutput(command, piece, limits);
      if (isStored) insertPiece(commandId, piece.seq, piece.stream, JSON.stringify(piece.data));
      if (changed !== undefined) save(changed);
      return outcome;
    },
    listOutput(commandId, { afterSeq, limitBytes }) {
      const rows = listPieces(commandId, afterSeq);
      return pageOf(rows, limitBytes, rows.length === PIECES_PAGE);
    },
    bindProcess({ agentId, instanceId, incarnation }) {
      bind(agentId, instanceId, incarnation);
    },
    unbindProcess(agentId, incarnation) {
      unbind(agentId, incarnation);
    },
    processesOf: (agentIds) =>
      agentIds.flatMap((agentId) => {
        const row = findProcess(agentId);
        return row === undefined ? [] : [processOf(row)];
      }),
    beat(processes) {
      for (const { agentId, incarnation } of processes) beat(agentId, incarnation);
    },
  };
}

import type { CommandRecord, OutputStreamName } from '@parley/shared-models';
import type { AgentProcess, StoredCommand } from '../ports/commands.ts';

// Rows as both databases give them. Records and output are kept as JSON: programs print, and people type, characters that
// a database's text cannot hold.

export const COMMAND_COLUMNS = 'id, record, instance_id, output_bytes';

export interface CommandRow {
  readonly id: string;
  readonly record: string;
  readonly instance_id: string | null;
  readonly output_bytes: number;
}

export function storedCommandOf(row: CommandRow): StoredCommand {
  return {
    record: JSON.parse(row.record) as CommandRecord,
    instanceId: row.instance_id ?? undefined,
    outputBytes: row.output_bytes,
  };
}

export interface PieceRow {
  readonly seq: number;
  readonly stream: OutputStreamName;
  readonly data: string;
}

export const pieceOf = ({ seq, stream, data }: PieceRow) => ({
  seq,
  stream,
  data: JSON.parse(data) as string,
});

export interface ProcessRow {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly incarnation: number;
  readonly beats: number;
}

export function processOf(row: ProcessRow): AgentProcess {
  return {
    agentId: row.agent_id,
    instanceId: row.instance_id,
    incarnation: row.incarnation,
    beats: row.beats,
  };
}

/** A page of at most `limitBytes`, of rows of which one more than fits may have been read. */
export function pageOf(
  rows: readonly PieceRow[],
  limitBytes: number,
  isCut: boolean,
): { pieces: ReturnType<typeof pieceOf>[]; hasMore: boolean } {
  const pieces: ReturnType<typeof pieceOf>[] = [];
  let bytes = 0;
  for (const row of rows) {
    const piece = pieceOf(row);
    bytes += Buffer.byteLength(piece.data);
    if (pieces.length > 0 && bytes > limitBytes) return { pieces, hasMore: true };
    pieces.push(piece);
  }
  return { pieces, hasMore: isCut };
}

/** Pieces that are read at once; how much data that is, `pageOf` bounds. */
export const PIECES_PAGE = 200;

import type { CommandPiece } from '@parley/shared-models';
import type { OutputOutcome, StoredCommand } from '../ports/commands.ts';

/** What is to be done with a piece: `store` it or not, and what to remember about the command. */
export interface OutputStep {
  readonly outcome: OutputOutcome;
  /** The command after it; undefined where nothing changes. */
  readonly changed: StoredCommand | undefined;
  readonly isStored: boolean;
}

/** Says what becomes of a piece of output. Pure. */
export function stepOutput(
  command: StoredCommand,
  piece: CommandPiece,
  limits: { readonly bytes: number; readonly pieces: number },
): OutputStep {
  const { record } = command;
  const nothing = (outcome: OutputOutcome): OutputStep => ({ outcome, changed: undefined, isStored: false });
  if (record.state === 'lost') return nothing({ outcome: 'ended', command });
  if (piece.seq <= record.outputSeq) return nothing({ outcome: 'repeated', command });
  const expectedSeq = record.outputSeq + 1;
  if (piece.seq > expectedSeq) return nothing({ outcome: 'gap', expectedSeq });
  const outputBytes = command.outputBytes + Buffer.byteLength(piece.data);
  const isStored = !record.truncated && outputBytes <= limits.bytes && piece.seq <= limits.pieces;
  const changed: StoredCommand = isStored
    ? { ...command, outputBytes, record: { ...record, outputSeq: piece.seq } }
    : { ...command, record: { ...record, outputSeq: piece.seq, truncated: true } };
  return { outcome: { outcome: isStored ? 'stored' : 'dropped', command: changed }, changed, isStored };
}

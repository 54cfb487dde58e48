import {
  type CommandPiece,
  type CommandRecord,
  type CommandResult,
  type CommandState,
  isFinalCommandState,
} from '@parley/shared-models';
import type { CommandEvent, NewCommand, OutputOutcome, StoredCommand } from '../ports/commands.ts';

/** A command as it is stored first. */
export function queuedCommand(command: NewCommand, at: string): StoredCommand {
  const record = { ...command, state: 'queued', createdAt: at, truncated: false, outputSeq: 0 } as const;
  return { record, instanceId: undefined, outputBytes: 0 };
}

/** Whether two requests ask for the same. */
export function isSameCommand(one: NewCommand, other: NewCommand): boolean {
  return (
    one.agentId === other.agentId &&
    one.batchId === other.batchId &&
    one.requestedBy.id === other.requestedBy.id &&
    one.type === other.type &&
    one.command === other.command &&
    one.cwd === other.cwd
  );
}

/**
 * The command after an event; undefined: unchanged, since the event came late, again, or from a process that has no
 * say. Pure, and the only place that says which state follows which.
 * @param at the time of the event, ISO 8601
 */
export function stepCommand(
  command: StoredCommand,
  event: CommandEvent,
  at: string,
): StoredCommand | undefined {
  const { record } = command;
  const { state } = record;
  if (isFinalCommandState(state)) return undefined;
  const to = (fields: Partial<CommandRecord>): StoredCommand => ({
    ...command,
    record: { ...record, ...fields },
  });
  const end = (
    final: CommandState,
    errorMessage?: string,
    fields: Partial<CommandRecord> = {},
  ): StoredCommand =>
    to({ state: final, endedAt: at, ...(errorMessage === undefined ? {} : { errorMessage }), ...fields });
  if (state === 'queued') {
    switch (event.do) {
      case 'take':
        return { ...to({ state: 'sent', sentAt: at }), instanceId: event.instanceId };
      case 'cancel':
        return end('cancelled', undefined, { cancelledBy: event.by });
      case 'expire':
        return end('failed', event.reason);
      default:
        return undefined;
    }
  }
  if ('instanceId' in event && event.instanceId !== command.instanceId) return undefined;
  const isAwaiting = state === 'awaiting_approval';
  switch (event.do) {
    case 'run':
      return state === 'running' ? undefined : to({ state: 'running', startedAt: at, ...ruleOf(event) });
    case 'await':
      return state === 'sent' && record.approvedBy === undefined
        ? to({ state: 'awaiting_approval', ...ruleOf(event) })
        : undefined;
    case 'approve':
      if (!isAwaiting) return undefined;
      return to({
        state: 'sent',
        approvedBy: event.isRequester ? { ...event.by, isRequester: true } : event.by,
      });
    case 'reject':
      if (!isAwaiting) return undefined;
      return end('refused', `${event.by.name} rejected it${event.reason ? `: ${event.reason}` : '.'}`);
    case 'cancel':
      if (isAwaiting) return end('cancelled', undefined, { cancelledBy: event.by });
      return record.cancelledBy === undefined ? to({ cancelledBy: event.by }) : undefined;
    case 'end':
      return end(finalStateOf(event.result), event.result.errorMessage, resultFields(record, event.result));
    case 'lose':
      return end('lost', event.reason);
    case 'expire':
      return isAwaiting ? end('refused', event.reason) : undefined;
    case 'overrun':
      return isAwaiting ? undefined : end('timed_out', event.reason);
    case 'take':
      return undefined;
  }
}

/** The state that a command ends in by its result. */
export function finalStateOf(result: CommandResult): CommandState {
  if (result.refusedByRule !== undefined) return 'refused';
  if (result.isLost) return 'lost';
  if (result.isCancelled) return 'cancelled';
  if (result.isTimedOut) return 'timed_out';
  return result.success ? 'succeeded' : 'failed';
}

function ruleOf({ rule }: { readonly rule?: string | undefined }): Partial<CommandRecord> {
  return rule === undefined ? {} : { rule };
}

function resultFields(record: CommandRecord, result: CommandResult): Partial<CommandRecord> {
  const { exitCode, signal, durationMs, refusedByRule } = result;
  return {
    durationMs,
    truncated: record.truncated || result.truncated,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    // Empty where no rule allows it.
    ...(refusedByRule ? { rule: refusedByRule } : {}),
  };
}

/** The effect of a piece of output: whether to store it, and the change of the command. */
interface OutputStep {
  readonly outcome: OutputOutcome;
  /** The command after it; undefined where nothing changes. */
  readonly changed: StoredCommand | undefined;
  readonly isStored: boolean;
}

/** The rules for a piece of output. Pure. */
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

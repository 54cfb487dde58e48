import { type CommandRecord, isFinalCommandState } from '@parley/shared-models';

export type CommandRecords = Readonly<Record<string, CommandRecord>>;

/** Adds newer records only: an HTTP answer may be older than a frame that arrived meanwhile. */
export function withCommands(known: CommandRecords, told: readonly CommandRecord[]): CommandRecords {
  const news = told.filter((command) => {
    const before = known[command.id];
    return before === undefined || isNewer(command, before);
  });
  if (news.length === 0) return known;
  return { ...known, ...Object.fromEntries(news.map((command) => [command.id, command])) };
}

function isNewer(one: CommandRecord, other: CommandRecord): boolean {
  if (isFinalCommandState(other.state)) return false;
  return progressOf(one) >= progressOf(other);
}

/** These steps happen in this order and are never undone; only the state returns from `awaiting_approval` to `sent`. */
function progressOf(command: CommandRecord): number {
  const happened = [
    command.sentAt !== undefined,
    command.state === 'awaiting_approval' || command.approvedBy !== undefined,
    command.approvedBy !== undefined,
    command.startedAt !== undefined,
    command.cancelledBy !== undefined,
    isFinalCommandState(command.state),
  ];
  return happened.reduce((sum, has, place) => sum + (has ? 2 ** place : 0), 0);
}

/** The latest request first: ids are ordered by time, and the commands of one batch stay together. */
export function newestFirst(commands: CommandRecords): readonly CommandRecord[] {
  return Object.values(commands).sort(
    (one, other) => compare(other.createdAt, one.createdAt) || compare(one.agentName, other.agentName),
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

import { type CommandRecord, type CommandRequestBody, LIMITS } from '@parley/shared-models';

/** The contents of the form. */
export interface RunDraft {
  readonly agentIds: readonly string[];
  readonly command: string;
  readonly cwd: string;
  /** In seconds; empty: the server's default. */
  readonly timeLimit: string;
}

export const EMPTY_DRAFT: RunDraft = { agentIds: [], command: '', cwd: '', timeLimit: '' };
/** The server's default. */
export const DEFAULT_TIME_LIMIT_SECONDS = 600;

/** The first missing or wrong input; undefined when the command can be run. */
export function problemOf({ agentIds, command, cwd, timeLimit }: RunDraft): string | undefined {
  if (agentIds.length === 0) return 'Choose where to run it.';
  if (command.trim() === '') return 'Write a command.';
  if (command.length > LIMITS.commandLength)
    return `The command has ${command.length} characters, at most ${LIMITS.commandLength} are taken: put it into a file.`;
  if (cwd.trim().length > LIMITS.pathLength)
    return `A folder’s path has at most ${LIMITS.pathLength} characters.`;
  const seconds = Number(timeLimit);
  if (timeLimit.trim() !== '' && !(seconds > 0 && seconds <= 86_400))
    return 'The time limit is a number of seconds, up to a day (86400).';
  return undefined;
}

export function requestOf({ agentIds, command, cwd, timeLimit }: RunDraft): CommandRequestBody {
  const [first, ...others] = agentIds;
  return {
    ...(others.length === 0 ? { agentId: first } : { agentIds: [...agentIds] }),
    command,
    ...(cwd.trim() === '' ? {} : { cwd: cwd.trim() }),
    ...(timeLimit.trim() === '' ? {} : { timeoutMs: Math.round(Number(timeLimit) * 1000) }),
  };
}

/** A request to run the same again. @param commands one command, or all of a batch */
export function repeatOf(commands: readonly [CommandRecord, ...CommandRecord[]]): CommandRequestBody {
  const [{ type, command, cwd, timeoutMs }] = commands;
  const agentIds = commands.map(({ agentId }) => agentId);
  return {
    ...(agentIds.length === 1 ? { agentId: agentIds[0] } : { agentIds }),
    ...(type === 'shell' ? {} : { commandType: type }),
    command,
    ...(cwd === undefined ? {} : { cwd }),
    timeoutMs,
  };
}

/** The form with the values of the commands. */
export function draftOf(commands: readonly [CommandRecord, ...CommandRecord[]]): RunDraft {
  const [{ command, cwd, timeoutMs }] = commands;
  const seconds = timeoutMs / 1000;
  return {
    agentIds: commands.map(({ agentId }) => agentId),
    command,
    cwd: cwd ?? '',
    timeLimit: seconds === DEFAULT_TIME_LIMIT_SECONDS ? '' : String(seconds),
  };
}

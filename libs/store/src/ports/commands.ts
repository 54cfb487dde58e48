import type {
  AuditInput,
  CommandPiece,
  CommandRecord,
  CommandResult,
  CommandState,
  CommandUser,
} from '@parley/shared-models';

/** A command as it is asked for. */
export type NewCommand = Pick<
  CommandRecord,
  'id' | 'batchId' | 'agentId' | 'agentName' | 'requestedBy' | 'type' | 'command' | 'cwd' | 'timeoutMs'
>;

/** A command with the fields that only the servers need. */
export interface StoredCommand {
  readonly record: CommandRecord;
  /** The process that it was sent to; undefined before that. */
  readonly instanceId: string | undefined;
  /** Bytes of its output that are stored, in UTF-8. */
  readonly outputBytes: number;
}

/**
 * An event of a command. Events from an agent name its process: only those of the process that it was sent to count.
 * - `take`     a server sends it to the agent's process
 * - `run`      the process has begun it
 * - `await`    the process's policy asks for an approval; once it has one, this is old news
 * - `approve`, `reject`  an operator's answer to that
 * - `cancel`   an operator wants it to stop: it ends at once where it has not begun, otherwise by its result
 * - `end`      its result
 * - `lose`     the process is gone
 * - `expire`   it waited too long: for its agent (`failed`), or for an approval (`refused`)
 * - `overrun`  its agent lives, but has not kept its time limit
 */
export type CommandEvent =
  | { readonly do: 'take'; readonly instanceId: string }
  | { readonly do: 'run'; readonly instanceId: string; readonly rule?: string | undefined }
  | { readonly do: 'await'; readonly instanceId: string; readonly rule?: string | undefined }
  | { readonly do: 'approve'; readonly by: CommandUser; readonly isRequester?: boolean }
  | { readonly do: 'reject'; readonly by: CommandUser; readonly reason?: string | undefined }
  | { readonly do: 'cancel'; readonly by: CommandUser }
  | { readonly do: 'end'; readonly instanceId: string; readonly result: CommandResult }
  | { readonly do: 'lose'; readonly instanceId: string; readonly reason: string }
  | { readonly do: 'expire'; readonly reason: string }
  | { readonly do: 'overrun'; readonly reason: string };

/** Makes the audit entry of a change from the command after it; undefined: no entry. */
export type AuditOf = (command: CommandRecord) => AuditInput | undefined;

export interface AppliedEvent {
  readonly command: StoredCommand;
  /** false: the event changed nothing, because it came late, again, or from another process. */
  readonly hasChanged: boolean;
}

/**
 * The outcome of a piece of output. `stored`; `dropped`: the limit is reached, the command is marked `truncated`;
 * `repeated`: it is there; `ended`: the command is lost, nothing of it is taken any more; `gap`: the pieces from
 * `expectedSeq` on are missing; `unknown`: there is no such command of this agent.
 */
export type OutputOutcome =
  | { readonly outcome: 'stored' | 'dropped' | 'repeated' | 'ended'; readonly command: StoredCommand }
  | { readonly outcome: 'gap'; readonly expectedSeq: number }
  | { readonly outcome: 'unknown' };

/** The process that speaks for an agent. */
export interface AgentProcess {
  readonly agentId: string;
  readonly instanceId: string;
  readonly incarnation: number;
  /** Grows while a server hears of it. */
  readonly beats: number;
}

export interface CommandQuery {
  readonly limit: number;
  /** Only commands that were asked for before this one. */
  readonly before?: string | undefined;
  readonly agentId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly state?: CommandState | undefined;
}

/** Commands, their output, and the processes they were sent to. Errors as in `Store`. */
export interface CommandStore {
  /**
   * Stores them as `queued` with their audit entries, all or none. Those whose ids are known are not stored again:
   * `isDuplicate`, in their present state.
   * @throws ParleyError `id_conflict` when an id was used for another command
   */
  add(
    commands: readonly NewCommand[],
    audit: AuditOf,
  ): Promise<readonly { readonly command: StoredCommand; readonly isDuplicate: boolean }[]>;
  get(id: string): Promise<StoredCommand | undefined>;
  /** The one that was asked for last first. */
  list(query: CommandQuery): Promise<{ commands: CommandRecord[]; hasMore: boolean }>;
  /** All that have not ended, oldest first; of one agent, or of all. */
  listOpen(agentId?: string): Promise<StoredCommand[]>;
  /** The event and its audit entry in one transaction. undefined: there is no such command. */
  apply(id: string, event: CommandEvent, audit?: AuditOf): Promise<AppliedEvent | undefined>;

  /** Pieces come in order and without gaps; a power cut may undo the last ones, which their agent then sends again. */
  addOutput(
    commandId: string,
    agentId: string,
    piece: CommandPiece,
    limits: { readonly bytes: number; readonly pieces: number },
  ): Promise<OutputOutcome>;
  /** In order of `seq`, at most `limitBytes` of data, but one piece at least. */
  listOutput(
    commandId: string,
    query: { afterSeq: number; limitBytes: number },
  ): Promise<{ pieces: CommandPiece[]; hasMore: boolean }>;

  /** From now on this process speaks for the agent, unless a later incarnation does. */
  bindProcess(process: Omit<AgentProcess, 'beats'>): Promise<void>;
  /** No process speaks for the agent any more, unless a later incarnation does. */
  unbindProcess(agentId: string, incarnation: number): Promise<void>;
  /** Of these agents, those that have a process. */
  processesOf(agentIds: readonly string[]): Promise<AgentProcess[]>;
  /** A server hears of these processes. */
  beat(processes: readonly { readonly agentId: string; readonly incarnation: number }[]): Promise<void>;
}

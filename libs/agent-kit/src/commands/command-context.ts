import type { Logger } from '@parley/process-kit';
import type { AgentCommand } from '@parley/shared-models';

/** The context of a handler that executes one command of an operator. */
export interface CommandContext {
  readonly command: CommandRequest;
  /** Prints text, or bytes of UTF-8, in order, for the command's watchers. Output beyond the command's limit is dropped. */
  readonly output: { stdout(text: string | Uint8Array): void; stderr(text: string | Uint8Array): void };
  /**
   * Waits for its turn among the commands that run at once, then says that the command runs; its time counts anew from
   * here. Without it the command is said to run only when it has ended. `rule`: the name, for people, of the rule that
   * lets it run. `timeoutMs`: a shorter time than the operator gave, in milliseconds. Called again, it is the same
   * beginning.
   * @throws when the command was stopped, or its handler ended, while it waited
   */
  begin(options?: { readonly rule?: string; readonly timeoutMs?: number }): Promise<void>;
  /** Aborted when the operator cancels the command, when its time is over, and when the agent goes down. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** An operator's command. */
export interface CommandRequest {
  /** A UUID: the same command never comes twice. */
  readonly id: string;
  /** The command line. */
  readonly line: string;
  readonly cwd: string | undefined;
  /** Name of the operator. */
  readonly requestedBy: string | undefined;
  /** Name of the operator who has approved it; undefined: nobody has. */
  readonly approvedBy: string | undefined;
  /** Bytes that it may print. */
  readonly outputLimitBytes: number;
}

/** How a command ended, or why it does not begin. Nothing at all: it succeeded. */
export type CommandOutcome =
  | CommandEnd
  /** It must not run. `refusedBy`: the rule that says so, or empty where no rule allows it. */
  | { readonly refusedBy: string; readonly errorMessage: string }
  /** Another operator must let it pass first: then it comes again, with `approvedBy`. */
  | { readonly awaitsApprovalBy: string };

export interface CommandEnd {
  /** 0: success. Left out: the command had no exit code. */
  readonly exitCode?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why it failed, for a person. */
  readonly errorMessage?: string;
  /** Whether output was left out because there was too much. @default false */
  readonly isTruncated?: boolean;
  /** How long it ran, in milliseconds. @default since `begin` */
  readonly durationMs?: number;
}

const MiB = 1024 * 1024;
const DEFAULT_OUTPUT_LIMIT = MiB;
const MAX_OUTPUT_LIMIT = 16 * MiB;

export function requestOf(command: AgentCommand): CommandRequest {
  const wanted = command.outputLimitBytes ?? DEFAULT_OUTPUT_LIMIT;
  return {
    id: command.commandId,
    line: command.content,
    cwd: command.cwd || undefined,
    requestedBy: command.requestedBy || undefined,
    approvedBy: command.approvedBy || undefined,
    // All of it is kept until the server has it.
    outputLimitBytes: wanted === 0 ? MAX_OUTPUT_LIMIT : Math.min(wanted, MAX_OUTPUT_LIMIT),
  };
}

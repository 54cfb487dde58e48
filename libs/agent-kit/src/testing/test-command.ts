import { createLogger } from '@parley/process-kit';
import { newId } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import type { CommandContext, CommandOutcome, CommandRequest } from '../commands/command-context.ts';

export interface TestCommandOptions extends Partial<CommandRequest> {
  /** @default one that is never aborted */
  readonly signal?: AbortSignal;
  /** Happens while the command waits for its turn. */
  onBegin?(): Promise<void> | void;
}

/** The outcome of a command. */
export interface TestedCommand {
  /** Undefined: nothing was returned, which is a success. */
  readonly outcome: CommandOutcome | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments of `begin`. */
  readonly begun: readonly Parameters<CommandContext['begin']>[0][];
}

/**
 * Lets an agent execute a command line as an operator called Ada would. Rejects with the agent's error.
 * @throws Error when the agent executes no commands
 */
export async function testCommand(
  definition: AgentDefinition,
  line: string,
  options: TestCommandOptions = {},
): Promise<TestedCommand> {
  const { signal = new AbortController().signal, onBegin, ...request } = options;
  if (definition.onCommand === undefined) throw new Error(`${definition.name} has no onCommand.`);
  const printed = { stdout: '', stderr: '' };
  const begun: TestedCommand['begun'][number][] = [];
  const outcome = await definition.onCommand({
    command: {
      id: newId(),
      line,
      cwd: undefined,
      requestedBy: 'Ada',
      approvedBy: undefined,
      outputLimitBytes: 1024 * 1024,
      ...request,
    },
    output: {
      stdout: (text) => {
        printed.stdout += text.toString();
      },
      stderr: (text) => {
        printed.stderr += text.toString();
      },
    },
    async begin(settings) {
      signal.throwIfAborted();
      begun.push(settings);
      await onBegin?.();
    },
    signal,
    logger: createLogger('test', 'silent'),
  });
  return { outcome: outcome ?? undefined, ...printed, begun };
}

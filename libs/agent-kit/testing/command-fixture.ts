import { EventEmitter, on } from 'node:events';
import { type AgentMembership, joinAsAgent, startControlPlaneServer } from '@parley/control-plane';
import { createInMemoryHandlers, type InMemoryHandlers } from '@parley/control-plane/testing';
import { createLogger } from '@parley/process-kit';
import {
  type AgentCommand,
  AgentProfile,
  type CommandOutput,
  type CommandResult,
  type CommandStateReport,
  newId,
} from '@parley/shared-models';
import type { AgentDefinition } from '../src/agent-definition.ts';
import type { CommandContext } from '../src/commands/command-context.ts';
import {
  type CommandExecutor,
  type CommandExecutorOptions,
  createCommandExecutor,
} from '../src/commands/command-executor.ts';

/** An agent's command executor, joined over real gRPC to a server that keeps the reports in memory. */
export interface CommandFixture {
  readonly executor: CommandExecutor;
  readonly handlers: InMemoryHandlers;
  /** The states reported to the server, in order. */
  readonly states: CommandStateReport[];
  readonly pieces: CommandOutput[];
  readonly results: CommandResult[];
  /** How often an operator wanted the agent to end. */
  shutdowns: number;
  /** Gives the agent a command and returns it. */
  send(command?: Partial<AgentCommand>): Promise<AgentCommand>;
  cancel(commandId: string): Promise<void>;
  /** Resolves with the result that the server has got for this command, or the next one. */
  result(commandId: string, count?: number): Promise<CommandResult>;
  state(commandId: string, state: CommandStateReport['state']): Promise<CommandStateReport>;
  /** The output of a stream, as the server would show it: each piece once, by its number. */
  printed(commandId: string, stream: 'stdout' | 'stderr'): string;
  /** Resolves when the server has this text of the command's stdout. */
  sees(commandId: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Ends when the command is stopped. */
export const untilStopped = ({ signal }: CommandContext): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

export async function startCommandFixture(
  definition: Omit<AgentDefinition, 'name' | 'onMessage'>,
  more: Partial<CommandExecutorOptions> = {},
): Promise<CommandFixture> {
  const logger = createLogger('test', 'silent');
  const events = new EventEmitter().setMaxListeners(0);
  const handlers = createInMemoryHandlers({ heartbeatMs: 1_000 });
  const states: CommandStateReport[] = [];
  const pieces: CommandOutput[] = [];
  const results: CommandResult[] = [];
  const note =
    <T>(list: T[]) =>
    async (item: T): Promise<void> => {
      list.push(item);
      events.emit('told');
    };
  handlers.sendCommandState = note(states);
  handlers.sendCommandOutput = note(pieces);
  handlers.sendCommandResult = note(results);
  const server = await startControlPlaneServer({ host: '127.0.0.1', port: 0, handlers, logger });
  const joined = handlers.next('receiveCommands');
  const membership: AgentMembership = joinAsAgent({
    url: `127.0.0.1:${server.port}`,
    agentId: 'tess',
    isExclusive: true,
    profile: AgentProfile.parse({ name: 'Tess', group: 'tess' }),
    logger,
    load: () => 0,
    metrics: () => ({ handled: 0, failed: 0, meanHandleMs: 0 }),
    state: () => 'online',
    onRegistered() {},
    onState() {},
    onCommand: (command) => executor.receive(command),
    onFenced() {},
  });
  const executor = createCommandExecutor({
    definition: () => ({ name: 'Tess', onMessage() {}, ...definition }),
    link: () => membership,
    logger,
    describeAgent: async () => 'all is well',
    onShutdown() {
      fixture.shutdowns += 1;
    },
    ...more,
  });
  await joined;

  const waitFor = async <T>(find: () => T | undefined): Promise<T> => {
    const news = on(events, 'told');
    try {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await news.next();
      }
    } finally {
      await news.return?.();
    }
  };
  const give = async (command: AgentCommand): Promise<AgentCommand> => {
    while (handlers.commandStreams.get('tess') === undefined) await handlers.next('receiveCommands');
    handlers.commandStreams.get('tess')?.send(command);
    return command;
  };

  const fixture: CommandFixture = {
    executor,
    handlers,
    states,
    pieces,
    results,
    shutdowns: 0,
    send: (command = {}) =>
      give({
        commandId: newId(),
        type: 'shell',
        content: 'go',
        timeoutMs: 0,
        isCancellation: false,
        ...command,
      }),
    async cancel(commandId) {
      await give({ commandId, type: 'shell', content: '', timeoutMs: 0, isCancellation: true });
    },
    result: (commandId, count = 1) =>
      waitFor(() => results.filter((result) => result.commandId === commandId)[count - 1]),
    state: (commandId, state) =>
      waitFor(() => states.find((report) => report.commandId === commandId && report.state === state)),
    printed(commandId, stream) {
      const own = pieces.filter((piece) => piece.commandId === commandId);
      const bySeq = new Map(own.map((piece) => [piece.seq, piece]));
      const ordered = [...bySeq.values()].sort((one, other) => one.seq - other.seq);
      return ordered
        .filter((piece) => piece.stream === stream)
        .map(({ data }) => data)
        .join('');
    },
    async sees(commandId, text) {
      await waitFor(() => (fixture.printed(commandId, 'stdout').includes(text) ? true : undefined));
    },
    async stop() {
      await executor.stop();
      await membership.stop();
      await server.stop();
    },
  };
  return fixture;
}

import { eventually } from '@parley/messaging/test-queue';
import { type AgentCommand, type CommandResult, newId } from '@parley/shared-models';
import type { ServicesFixture } from './server-fixture.ts';

/** A process of an agent as the server sees it: its registration, its stream, its reports. */
export interface StubProcess {
  readonly agentId: string;
  readonly instanceId: string;
  /** Commands that came, cancellations too, over all its streams. */
  readonly received: readonly AgentCommand[];
  /** Opens its stream, again after `cut`. */
  open(): Promise<void>;
  /** Its stream breaks. */
  cut(): void;
  leave(): Promise<void>;
  /** Waits for the command, or its cancellation, to come so often in all. */
  next(commandId: string, options?: { isCancellation?: boolean; times?: number }): Promise<AgentCommand>;
  runs(commandId: string, rule?: string): Promise<void>;
  awaits(commandId: string, rule: string): Promise<void>;
  prints(commandId: string, seq: number, data: string, stream?: 'stdout' | 'stderr'): Promise<void>;
  ends(commandId: string, result?: Partial<CommandResult>): Promise<void>;
}

/** Registers the agent at these services and opens its stream. */
export async function startStubProcess(
  { services, register }: ServicesFixture,
  agentId: string,
  instanceId: string = newId(),
): Promise<StubProcess> {
  const { commandService, commands: streams, agents } = services;
  const { processes, reports } = commandService;
  const received: AgentCommand[] = [];
  const incarnation = await register(agentId, instanceId);
  await processes.registered({ agentId, instanceId, incarnation });
  let close: (() => void) | undefined;

  const stub: StubProcess = {
    agentId,
    instanceId,
    received,
    async open() {
      const closeStream = streams.open(agentId, {
        send(command) {
          // A wanted state is no command of an operator's.
          if (command.type !== 'pause' && command.type !== 'resume') received.push(command);
          return true;
        },
        end: () => stub.cut(),
        isBehind: false,
        caughtUp: async () => {},
      });
      agents.setConnected(agentId, incarnation, true);
      const closeDelivery = await processes.opened(agentId, incarnation);
      close = () => {
        closeDelivery();
        closeStream();
        agents.setConnected(agentId, incarnation, false);
      };
    },
    cut() {
      close?.();
      close = undefined;
    },
    async leave() {
      await agents.unregister(agentId, incarnation);
      stub.cut();
      await processes.left(agentId, incarnation);
    },
    async next(commandId, { isCancellation = false, times = 1 } = {}) {
      let found: AgentCommand | undefined;
      await eventually(() => {
        const all = received.filter(
          (command) => command.commandId === commandId && command.isCancellation === isCancellation,
        );
        found = all[times - 1];
        if (found === undefined) throw new Error(`${commandId} came ${all.length} times`);
      });
      return found as AgentCommand;
    },
    runs: (commandId, rule) => reports.state({ commandId, agentId, state: 'running', rule }, instanceId),
    awaits: (commandId, rule) =>
      reports.state({ commandId, agentId, state: 'awaiting_approval', rule }, instanceId),
    prints: (commandId, seq, data, stream = 'stdout') =>
      reports.output({ commandId, agentId, stream, seq, data }),
    ends: (commandId, result = {}) =>
      reports.result(
        { commandId, agentId, success: true, exitCode: 0, truncated: false, durationMs: 1, ...result },
        instanceId,
      ),
  };
  await stub.open();
  return stub;
}

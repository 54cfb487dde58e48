import type { Logger } from '@parley/process-kit';
import { type AgentCommand, type CommandRecord, isFinalCommandState } from '@parley/shared-models';
import type { CommandStore, StoredCommand } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { CommandStreams } from '../grpc/command-streams.ts';
import type { CommandHub } from './command-hub.ts';

/** The way of commands to the agents whose streams are open on this server. */
export interface CommandDelivery {
  /**
   * The process has opened its stream: it gets the commands sent to it before, then those that wait for the agent.
   * The returned function is to be called when the stream is gone.
   */
  opened(agentId: string, instanceId: string): () => void;
  /** Brings the agent up to date with the store: new commands, approvals, cancellations. */
  kick(agentId: string): void;
  /** The agent itself has reported the command's end. */
  settled(agentId: string, commandId: string): void;
  /** Tells the agent to stop a command that is over. */
  stopCommand(agentId: string, commandId: string): void;
  stop(): Promise<void>;
}

export interface CommandDeliveryOptions {
  readonly commands: CommandStore;
  readonly agents: AgentRegistry;
  readonly streams: CommandStreams;
  readonly hub: Pick<CommandHub, 'changed'>;
  readonly logger: Logger;
  readonly outputLimitBytes: number;
}

interface OpenStream {
  readonly instanceId: string;
  /** The commands sent to the process over this stream, with the state it was told. */
  readonly told: Map<string, { isApproved: boolean; isCancelled: boolean }>;
  isNew: boolean;
  isBusy: boolean;
  isDirty: boolean;
}

/** Commands that one agent has in hand at most; more wait in the store. */
const MAX_IN_HAND = 50;
/** Of the commands that were given up for lost, so many are told to a process that comes back. */
const LOST_TOLD = 50;

export function createCommandDelivery(options: CommandDeliveryOptions): CommandDelivery {
  const { commands, agents, streams, hub, logger } = options;
  const open = new Map<string, OpenStream>();
  const underWay = new Set<Promise<void>>();
  let isStopped = false;

  /** Whether it went out. */
  const stopCommand = (agentId: string, commandId: string): boolean =>
    streams.send(agentId, {
      commandId,
      type: 'shell',
      content: '',
      timeoutMs: 0,
      isCancellation: true,
    });

  const mayTake = (record: CommandRecord): boolean => {
    const state = agents.get(record.agentId)?.state;
    // A command for the process itself does not wait until the agent is resumed.
    return state === 'online' || (record.type !== 'shell' && state !== undefined);
  };

  const take = async ({ record }: StoredCommand, instanceId: string): Promise<StoredCommand | undefined> => {
    const taken = await commands.apply(record.id, { do: 'take', instanceId });
    if (taken?.hasChanged) hub.changed(taken.command.record);
    return taken?.command;
  };

  const tell = (agentId: string, stream: OpenStream, { record }: StoredCommand): void => {
    const told = stream.told.get(record.id);
    const isApproved = record.approvedBy !== undefined;
    const isCancelled = record.cancelledBy !== undefined;
    // The cancellation first: a command that comes after its own cancellation does not begin, where the process never
    // got it before.
    if (isCancelled && told?.isCancelled !== true && !stopCommand(agentId, record.id)) return;
    if (told === undefined || told.isApproved !== isApproved) {
      if (!streams.send(agentId, agentCommand(record, options.outputLimitBytes))) return;
    }
    stream.told.set(record.id, { isApproved, isCancelled });
  };

  const deliver = async (agentId: string, stream: OpenStream): Promise<void> => {
    const isCurrent = (): boolean => open.get(agentId) === stream && !isStopped;
    const [process] = await commands.processesOf([agentId]);
    // Another process speaks for the agent; this one does not know it yet.
    if (process?.instanceId !== stream.instanceId) return;
    if (stream.isNew) {
      const lost = await commands.list({ agentId, state: 'lost', limit: LOST_TOLD });
      for (const { id } of lost.commands) {
        const found = await commands.get(id);
        if (found?.instanceId === stream.instanceId && isCurrent()) stopCommand(agentId, id);
      }
      stream.isNew = false;
    }
    const pending = await commands.listOpen(agentId);
    let inHand = pending.filter(({ record }) => record.state !== 'queued').length;
    for (const command of pending) {
      if (!isCurrent()) return;
      let current: StoredCommand | undefined = command;
      if (command.record.state === 'queued') {
        if (inHand >= MAX_IN_HAND || !mayTake(command.record)) continue;
        inHand += 1;
        current = await take(command, stream.instanceId);
        if (!isCurrent()) return;
      }
      if (current?.instanceId !== stream.instanceId || isFinalCommandState(current.record.state)) continue;
      tell(agentId, stream, current);
    }
    const isPending = new Set(pending.map(({ record }) => record.id));
    for (const commandId of stream.told.keys()) {
      if (isPending.has(commandId) || !isCurrent()) continue;
      stream.told.delete(commandId);
      stopCommand(agentId, commandId);
    }
  };

  const run = async (agentId: string, stream: OpenStream): Promise<void> => {
    stream.isBusy = true;
    try {
      do {
        stream.isDirty = false;
        await deliver(agentId, stream);
      } while (stream.isDirty && !isStopped && open.get(agentId) === stream);
    } catch (err) {
      // The watch over open commands kicks again.
      logger.warn({ err, agentId }, 'commands could not be brought to their agent; trying again');
    } finally {
      stream.isBusy = false;
    }
  };

  const kick = (agentId: string): void => {
    const stream = open.get(agentId);
    if (stream === undefined || isStopped) return;
    stream.isDirty = true;
    if (stream.isBusy) return;
    const running: Promise<void> = run(agentId, stream).finally(() => underWay.delete(running));
    underWay.add(running);
  };

  return {
    opened(agentId, instanceId) {
      const stream: OpenStream = { instanceId, told: new Map(), isNew: true, isBusy: false, isDirty: false };
      open.set(agentId, stream);
      kick(agentId);
      return () => {
        if (open.get(agentId) === stream) open.delete(agentId);
      };
    },
    kick,
    settled: (agentId, commandId) => void open.get(agentId)?.told.delete(commandId),
    stopCommand,
    async stop() {
      isStopped = true;
      await Promise.all(underWay);
    },
  };
}

function agentCommand(record: CommandRecord, outputLimitBytes: number): AgentCommand {
  return {
    commandId: record.id,
    type: record.type,
    content: record.command,
    timeoutMs: record.timeoutMs,
    isCancellation: false,
    ...(record.cwd === undefined ? {} : { cwd: record.cwd }),
    requestedBy: record.requestedBy.name,
    ...(record.approvedBy === undefined ? {} : { approvedBy: record.approvedBy.name }),
    outputLimitBytes,
    outputSeq: record.outputSeq,
  };
}

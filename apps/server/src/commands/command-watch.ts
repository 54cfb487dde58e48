import type { Logger } from '@parley/process-kit';
import type { AgentProcess, CommandEvent, CommandStore, StoredCommand } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { ended } from './command-audit.ts';
import type { CommandDelivery } from './command-delivery.ts';
import type { CommandHub } from './command-hub.ts';

/**
 * Looks after commands that have not ended: delivers those that were not signalled, gives up those that wait too long
 * or are lost.
 */
export interface CommandWatch {
  /** Looks now; the promise never rejects. */
  look(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export interface CommandWatchOptions {
  readonly commands: CommandStore;
  readonly agents: AgentRegistry;
  readonly delivery: CommandDelivery;
  readonly hub: Pick<CommandHub, 'changed'>;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  readonly queueTtlMs: number;
  readonly approvalTtlMs: number;
  /** Milliseconds that only go forward. @default performance.now */
  readonly clock?: () => number;
}

const LOOK_MS = 1000;
/** An agent that lives has this long beyond a command's time limit to say that it was over. */
const OVERRUN_GRACE_MS = 60_000;
/** And so long to stop one that was cancelled. */
const CANCEL_GRACE_MS = 60_000;
/** How long this server must have known of a command before it gives it up: right after a start its agent may be on the way. */
const KNOWN_MS = 2_000;
/** A process that was here, and may have gone over to another server, is given this long to be heard there. */
const MOVE_MS = 3_000;

export function createCommandWatch(options: CommandWatchOptions): CommandWatch {
  const { commands, agents, delivery, hub, logger, clock = () => performance.now() } = options;
  /** Longer than any server takes to notice that its agent has gone. */
  const silentMs = options.heartbeatMs * 4 + 10_000;
  const knownSince = new Map<string, number>();
  const overdueSince = new Map<string, number>();
  const cancelledSince = new Map<string, number>();
  const sentSince = new Map<string, number>();
  const heard = new Map<string, { beats: number; instanceId: string; at: number }>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isStopped = false;

  const giveUp = async ({ record }: StoredCommand, event: CommandEvent): Promise<void> => {
    const applied = await commands.apply(record.id, event, ended('server'));
    if (!applied?.hasChanged) return;
    logger.warn({ commandId: record.id, agentId: record.agentId, event: event.do }, 'gave up a command');
    hub.changed(applied.command.record);
    delivery.kick(record.agentId);
  };

  /** Since when this server has found it so. */
  const since = (map: Map<string, number>, id: string, now: number): number => {
    const at = map.get(id) ?? now;
    map.set(id, at);
    return now - at;
  };

  const ageMs = (at: string | undefined): number => (at === undefined ? 0 : Date.now() - Date.parse(at));

  const lookAtQueued = async (command: StoredCommand, now: number): Promise<void> => {
    const { id, agentId, agentName, createdAt, timeoutMs } = command.record;
    const isOver = ageMs(createdAt) > Math.min(timeoutMs, options.queueTtlMs);
    if (!isOver || since(knownSince, id, now) < KNOWN_MS) return delivery.kick(agentId);
    const state = agents.get(agentId)?.state ?? 'offline';
    const why = state === 'online' ? 'had no time for it' : `was ${state}`;
    await giveUp(command, { do: 'expire', reason: `It waited too long: "${agentName}" ${why}.` });
  };

  /** Why the process that it was sent to is taken for gone; undefined: it lives. */
  const goneBecause = (
    command: StoredCommand,
    process: AgentProcess | undefined,
    now: number,
  ): string | undefined => {
    const { agentId, agentName } = command.record;
    if (process === undefined) return `"${agentName}" has left.`;
    if (process.instanceId !== command.instanceId) return `Another process took the place of "${agentName}".`;
    const last = heard.get(agentId);
    if (last?.beats !== process.beats || last.instanceId !== process.instanceId) {
      heard.set(agentId, { beats: process.beats, instanceId: process.instanceId, at: now });
      return undefined;
    }
    const isDeadHere =
      agents.wasHere(agentId, process.incarnation) && !agents.isAlive(agentId, process.incarnation);
    return now - last.at > (isDeadHere ? MOVE_MS : silentMs)
      ? `"${agentName}" was not heard of any more.`
      : undefined;
  };

  const lookAtSent = async (
    command: StoredCommand,
    process: AgentProcess | undefined,
    now: number,
  ): Promise<void> => {
    const { state, sentAt, agentId, cancelledBy } = command.record;
    const reason = goneBecause(command, process, now);
    if (reason !== undefined) {
      // A command that was taken has its process; only a damaged store has one without.
      await giveUp(command, { do: 'lose', instanceId: command.instanceId ?? '', reason });
      return;
    }
    if (state === 'awaiting_approval' && ageMs(sentAt) > options.approvalTtlMs) {
      await giveUp(command, { do: 'expire', reason: 'Nobody approved it in time.' });
      return;
    }
    const event = neglected(command, now);
    if (event !== undefined) await giveUp(command, event);
    // Its agent may not have heard: the signal of another server was lost, or the delivery failed half-way.
    else if (state === 'sent' || cancelledBy !== undefined) delivery.kick(agentId);
  };

  /** How a command ends that its agent, which lives, does not end itself; undefined: it has time yet. */
  const neglected = ({ record, instanceId = '' }: StoredCommand, now: number): CommandEvent | undefined => {
    const { id, state, startedAt, timeoutMs, agentId, cancelledBy } = record;
    const isInHand = agents.isAlive(agentId) && state !== 'awaiting_approval';
    const isLongerThan = (map: Map<string, number>, isSo: boolean, ms: number): boolean => {
      if (isInHand && isSo) return since(map, id, now) > ms;
      map.delete(id);
      return false;
    };
    if (isLongerThan(cancelledSince, cancelledBy !== undefined, CANCEL_GRACE_MS))
      return { do: 'lose', instanceId, reason: 'It was cancelled, and its agent did not stop it.' };
    const isOverdue = state === 'running' && ageMs(startedAt) > timeoutMs;
    if (isLongerThan(overdueSince, isOverdue, OVERRUN_GRACE_MS))
      return { do: 'overrun', reason: 'Its agent did not keep the time limit.' };
    if (isLongerThan(sentSince, state === 'sent', options.queueTtlMs + timeoutMs))
      return { do: 'lose', instanceId, reason: 'Its agent did not begin it in time.' };
    return undefined;
  };

  const forgetOthers = (open: readonly StoredCommand[]): void => {
    const ids = new Set(open.map(({ record }) => record.id));
    const agentIds = new Set(open.map(({ record }) => record.agentId));
    for (const map of [knownSince, overdueSince, cancelledSince, sentSince])
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
    for (const agentId of heard.keys()) if (!agentIds.has(agentId)) heard.delete(agentId);
  };

  const lookAtAll = async (): Promise<void> => {
    const open = await commands.listOpen();
    forgetOthers(open);
    const sentTo = [
      ...new Set(open.filter(({ record }) => record.state !== 'queued').map(({ record }) => record.agentId)),
    ];
    const processes = new Map<string, AgentProcess>();
    if (sentTo.length > 0) {
      const found = await commands.processesOf(sentTo);
      for (const process of found) processes.set(process.agentId, process);
      await commands.beat(found.filter(({ agentId, incarnation }) => agents.isAlive(agentId, incarnation)));
    }
    const now = clock();
    for (const command of open) {
      if (isStopped) return;
      if (command.record.state === 'queued') await lookAtQueued(command, now);
      else await lookAtSent(command, processes.get(command.record.agentId), now);
    }
  };

  const look = (): Promise<void> => {
    looking ??= lookAtAll()
      .catch((err: unknown) => logger.warn({ err }, 'open commands could not be looked after; trying again'))
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  return {
    look,
    start() {
      const next = (): void => {
        if (!isStopped) timer = setTimeout(() => void look().then(next), LOOK_MS);
      };
      next();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

import { hostname } from 'node:os';
import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { AgentMetrics, AgentProfile, AgentState, QueueDepth } from '@parley/shared-models';

/** The facts that an agent gives to an operator who asks for its status. */
export interface AgentFacts {
  readonly id: string;
  readonly incarnation: number;
  readonly profile: AgentProfile;
  readonly state: AgentState;
  readonly load: number;
  readonly metrics: AgentMetrics;
  /** A line for each that has not ended. */
  readonly commands: readonly string[];
  /** Undefined: the queue could not be asked. */
  readonly queue: QueueDepth | undefined;
}

/** Undefined where the queue does not tell: RabbitMQ does so only over its management API. */
export async function findQueueDepth(
  bus: MessageBus,
  queue: string,
  logger: Logger,
): Promise<QueueDepth | undefined> {
  try {
    return (await bus.depths()).find(({ name }) => name === queue);
  } catch (err) {
    logger.debug({ err }, 'the queue does not say how many messages wait');
    return undefined;
  }
}

export function describeAgent(facts: AgentFacts): string {
  const { id, incarnation, profile, state, load, metrics, commands, queue } = facts;
  const { rss } = process.memoryUsage();
  const rows = [
    ['agent', `${profile.name} (${id}, group ${profile.group}, incarnation ${incarnation})`],
    ['state', state],
    ['load', `${load.toFixed(2)} of ${profile.concurrency} messages at once`],
    ['in hand', `${Math.round(load * profile.concurrency)} messages, ${commands.length} commands`],
    ['queue', describeQueue(queue)],
    ['handled', `${metrics.handled}, failed ${metrics.failed}, mean ${metrics.meanHandleMs.toFixed(1)} ms`],
    ...commands.map((command) => ['command', command] as const),
    [
      'process',
      `${process.pid} on ${hostname()}, Node ${process.version}, ${Math.round(rss / 1024 / 1024)} MiB`,
    ],
    ['running for', `${Math.round(process.uptime())} s`],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n');
}

function describeQueue(queue: QueueDepth | undefined): string {
  return queue === undefined ? 'unknown' : `${queue.ready} messages wait, ${queue.unacknowledged} handed out`;
}

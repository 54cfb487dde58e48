import { setTimeout as sleep } from 'node:timers/promises';
import { agentQueue, channelQueue, ParleyError, type QueueDepth } from '@parley/shared-models';
import type { Channel, ChannelModel } from 'amqplib';
import type { BusLogger } from '../bus-options.ts';
import type { ChannelBinding } from '../message-bus.ts';
import { PERMANENT_QUEUES } from '../topology.ts';
import {
  DELETION_SETTLES_MS,
  declareChannelQueue,
  declareQueue,
  type OwnQueues,
} from './declare-topology.ts';
import { fetchUnacknowledged, vhostOf } from './management-api.ts';
import { NOT_FOUND, onChannel, replyCodeOf } from './on-channel.ts';

export interface AdministrationOptions {
  readonly amqpUrl: string;
  readonly managementUrl?: string | undefined;
  /** How long declaring and deleting wait for a connection. */
  readonly timeoutMs: number;
  /** Items that this process' own consumers have in hand from the queue. */
  readonly inHand: (queue: string) => number;
  /** How many items so many AMQP messages of the queue have. */
  readonly itemsIn: (queue: string, messages: number) => number;
  readonly logger: BusLogger;
}

/** Operations on queues rather than on messages. */
export interface Administration {
  /** To be declared again with each connection. */
  readonly own: OwnQueues;
  attach(model: ChannelModel): void;
  detach(): void;
  declareAgentQueue(agentId: string): Promise<void>;
  deleteAgentQueue(agentId: string): Promise<void>;
  declareChannelQueue(group: string, bindings: readonly ChannelBinding[]): Promise<void>;
  deleteChannelQueue(group: string): Promise<void>;
  depths(): Promise<QueueDepth[]>;
  purge(queue: string): Promise<number>;
  /** Rejects where there is no connection. */
  countConsumers(queue: string): Promise<number>;
  /** Fails everything that waits for a connection. */
  close(): void;
}

export function createAdministration(options: AdministrationOptions): Administration {
  const agentIds = new Set<string>();
  const channelBindings = new Map<string, readonly ChannelBinding[]>();
  let model: ChannelModel | undefined;
  let isClosed = false;
  const waiters = new Set<() => void>();

  function wake(): void {
    for (const waiter of [...waiters]) waiter();
  }

  /** Waits until there is a connection, or until `deadline`. */
  function connected(deadline: number): Promise<void> {
    if (model !== undefined || isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        waiters.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, deadline - performance.now()));
      waiters.add(end);
    });
  }

  /** Does it on the next connection too when this one is lost on the way: `work` must be idempotent. */
  async function patiently(work: (channel: Channel) => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + options.timeoutMs;
    for (;;) {
      await connected(deadline);
      const over = model;
      if (over === undefined) throw unavailable();
      try {
        await onChannel(over, work);
        return;
      } catch (error) {
        if (over === model) throw error;
      }
    }
  }

  async function atOnce<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    if (model === undefined) throw unavailable();
    const over = model;
    try {
      return await onChannel(over, work);
    } catch (error) {
      throw over === model ? error : unavailable(error);
    }
  }

  /** Ready messages and consumers of those queues that are there. */
  async function inspect(names: readonly string[]): Promise<Omit<QueueDepth, 'unacknowledged'>[]> {
    const depths: Omit<QueueDepth, 'unacknowledged'>[] = [];
    const rest = [...names];
    while (rest.length > 0) {
      try {
        await atOnce(async (channel) => {
          for (let name = rest[0]; name !== undefined; name = rest[0]) {
            const { messageCount, consumerCount } = await channel.checkQueue(name);
            depths.push({
              name,
              ready: options.itemsIn(name, messageCount),
              consumers: consumerCount,
            });
            rest.shift();
          }
        });
      } catch (error) {
        // The question for a queue that is not there ends the channel.
        if (replyCodeOf(error) !== NOT_FOUND) throw error;
        rest.shift();
      }
    }
    return depths;
  }

  async function unacknowledged(): Promise<(queue: string) => number> {
    const { managementUrl, amqpUrl, inHand, itemsIn, logger } = options;
    if (managementUrl === undefined) return inHand;
    try {
      const counts = await fetchUnacknowledged(managementUrl, vhostOf(amqpUrl));
      return (queue) => Math.max(itemsIn(queue, counts.get(queue) ?? 0), inHand(queue));
    } catch (error) {
      logger.warn({ err: error }, 'the management API does not tell how many messages are handed out');
      return inHand;
    }
  }

  return {
    own: { agentIds, channelBindings },
    attach: (fresh) => {
      model = fresh;
      wake();
    },
    detach: () => {
      model = undefined;
    },
    declareAgentQueue: (agentId) => {
      agentIds.add(agentId);
      return patiently((channel) => declareQueue(channel, agentQueue(agentId)));
    },
    deleteAgentQueue: async (agentId) => {
      agentIds.delete(agentId);
      await patiently((channel) => channel.deleteQueue(agentQueue(agentId)));
      await sleep(DELETION_SETTLES_MS);
    },
    declareChannelQueue: (group, bindings) => {
      channelBindings.set(group, joined(channelBindings.get(group) ?? [], bindings));
      return patiently((channel) => declareChannelQueue(channel, group, bindings));
    },
    deleteChannelQueue: async (group) => {
      channelBindings.delete(group);
      await patiently((channel) => channel.deleteQueue(channelQueue(group)));
      await sleep(DELETION_SETTLES_MS);
    },
    depths: async () => {
      const handedOut = await unacknowledged();
      const depths = await inspect([
        ...Object.keys(PERMANENT_QUEUES),
        ...Array.from(agentIds, agentQueue),
        ...Array.from(channelBindings.keys(), channelQueue),
      ]);
      return depths.map((depth) => ({ ...depth, unacknowledged: handedOut(depth.name) }));
    },
    purge: async (queue) => {
      try {
        const { messageCount } = await atOnce((channel) => channel.purgeQueue(queue));
        return options.itemsIn(queue, messageCount);
      } catch (error) {
        if (replyCodeOf(error) !== NOT_FOUND) throw error;
        throw new ParleyError('queue_missing', `there is no queue ${queue}`, { cause: error });
      }
    },
    countConsumers: async (queue) => (await atOnce((channel) => channel.checkQueue(queue))).consumerCount,
    close: () => {
      isClosed = true;
      model = undefined;
      wake();
    },
  };
}

/** Each once: a group declares its queue with every registration. */
function joined(known: readonly ChannelBinding[], more: readonly ChannelBinding[]): ChannelBinding[] {
  const isKnown = ({ channel, type }: ChannelBinding): boolean =>
    known.some((each) => each.channel === channel && each.type === type);
  return [...known, ...more.filter((binding) => !isKnown(binding))];
}

function unavailable(cause?: unknown): ParleyError {
  return new ParleyError('bus_unavailable', 'there is no connection to RabbitMQ', { cause });
}

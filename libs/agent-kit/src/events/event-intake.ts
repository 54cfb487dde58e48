import type { AgentServices } from '@parley/control-plane';
import { type ChannelBinding, eventEnvelope, type MessageBus, type Subscription } from '@parley/messaging';
import { channelQueue, LIMITS, ParleyError } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import type { EventSubscription } from './event-context.ts';
import type { EventHandler } from './event-handler.ts';

/** Lets the events in that the agent's group has subscribed to. */
export interface EventIntake {
  /** Subscribes as the definition says now, or takes events again. */
  start(): Promise<void>;
  pause(): Promise<void>;
  stop(timeoutMs: number): Promise<void>;
}

/** Where a group remembers, by subscription, that it has been given the past of it. */
const REPLAYED_KEY = 'parley:replayed';

export function createEventIntake(options: {
  readonly bus: MessageBus;
  readonly definition: () => AgentDefinition;
  readonly group: () => string;
  readonly concurrency: () => number;
  /** They wait for a server that is away. */
  readonly services: () => AgentServices;
  readonly handler: EventHandler;
}): EventIntake {
  const { bus, handler } = options;
  let subscription: Subscription | undefined;

  /**
   * Puts the past into the group's own queue, where its events fare as all others do: shared among the group's agents,
   * tried again, at last dead letters. It is remembered afterwards only, so that a crash repeats events instead of
   * losing them.
   */
  const replay = async ({ channel, types, replayLast = 0 }: EventSubscription): Promise<void> => {
    if (replayLast === 0) return;
    const services = options.services();
    const key = [REPLAYED_KEY, channel, ...(types ?? ['*'])].join(':');
    if ((await services.getMemory({ subject: '', key })).version > 0) return;
    const past = await services.listEvents({
      channel,
      types,
      limit: Math.min(replayLast, LIMITS.eventsPage),
    });
    const queue = channelQueue(options.group());
    await Promise.all(past.map((event) => bus.publish(queue, eventEnvelope(channel, event))));
    try {
      await services.putMemory({ subject: '', key, value: 'true', expectedVersion: 0 });
    } catch (error) {
      // Another agent of the group did the same meanwhile.
      if (!(error instanceof ParleyError && error.code === 'id_conflict')) throw error;
    }
  };

  return {
    async start() {
      const { subscriptions = [] } = options.definition();
      if (subscriptions.length === 0) return;
      // The server has made it for those of which no past is wanted; a bus that knows of it makes it again where RabbitMQ has lost it.
      await bus.declareChannelQueue(options.group(), bindingsOf(subscriptions));
      if (subscription !== undefined) return subscription.resume();
      for (const wanted of subscriptions) await replay(wanted);
      const prefetch = options.concurrency();
      subscription = await bus.consume(channelQueue(options.group()), handler.handle, { prefetch });
    },
    async pause() {
      await subscription?.pause();
    },
    async stop(timeoutMs) {
      await subscription?.close({ timeoutMs });
      subscription = undefined;
    },
  };
}

function bindingsOf(subscriptions: readonly EventSubscription[]): ChannelBinding[] {
  return subscriptions.flatMap(({ channel, types = ['*'] }) => types.map((type) => ({ channel, type })));
}

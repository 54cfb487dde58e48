import type { AgentServices } from '@parley/control-plane';
import type { ChannelBinding, MessageBus, Subscription } from '@parley/messaging';
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

/** Where a group remembers that it has seen the past of its subscriptions. */
const REPLAYED_KEY = 'parley:replayed';

export function createEventIntake(options: {
  readonly bus: MessageBus;
  readonly definition: () => AgentDefinition;
  readonly group: () => string;
  readonly concurrency: () => number;
  readonly services: () => AgentServices;
  readonly handler: EventHandler;
}): EventIntake {
  const { bus, handler } = options;
  let subscription: Subscription | undefined;

  /** One of the group's agents wins the right to do it; the queue has collected what came since. */
  const replayOnce = async (subscriptions: readonly EventSubscription[]): Promise<void> => {
    const wanted = subscriptions.filter(({ replayLast = 0 }) => replayLast > 0);
    if (wanted.length === 0) return;
    const { memory, listEvents } = options.services();
    try {
      await memory.put({ subject: '', key: REPLAYED_KEY, value: 'true', expectedVersion: 0 });
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'id_conflict') return;
      throw error;
    }
    for (const { channel, types, replayLast = 0 } of wanted) {
      const limit = Math.min(replayLast, LIMITS.eventsPage);
      for (const event of await listEvents({ channel, types, limit })) await handler.replay(channel, event);
    }
  };

  return {
    async start() {
      const { subscriptions = [] } = options.definition();
      if (subscriptions.length === 0) return;
      const group = options.group();
      // Each time: a new version of the agent may want more.
      await bus.declareChannelQueue(group, bindingsOf(subscriptions));
      if (subscription !== undefined) return subscription.resume();
      await replayOnce(subscriptions);
      const prefetch = options.concurrency();
      subscription = await bus.consume(channelQueue(group), handler.handle, { prefetch });
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

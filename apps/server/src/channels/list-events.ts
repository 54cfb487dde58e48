import type { ChannelRpc, ControlPlaneHandlers } from '@parley/control-plane';
import {
  type AgentProfile,
  type ChannelName,
  type ChannelSubscription,
  ParleyError,
} from '@parley/shared-models';
import type { LoggedEvent } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/** The past of a channel, for agents: as much of it as their group has subscribed to. */
export function createEventHandlers({ agents, store }: Pick<ServerServices, 'agents' | 'store'>) {
  return {
    async listEvents({ agentId, incarnation, channel, types, limit }) {
      const { subscriptions = [] } = agents.require(agentId, incarnation).profile;
      const allowed = subscribedTypes(subscriptions, channel, types);
      return (await store.events.list({ channel, types: allowed, limit })).map(({ event }) => event);
    },
  } satisfies Pick<ControlPlaneHandlers, ChannelRpc>;
}

/** Whether the agent's group takes such events. */
export function isSubscribed(
  { subscriptions = [] }: Pick<AgentProfile, 'subscriptions'>,
  { channel, event }: Pick<LoggedEvent, 'channel' | 'event'>,
): boolean {
  return subscriptions.some(
    (subscription) =>
      subscription.channel === channel &&
      (subscription.types.length === 0 || subscription.types.includes(event.type)),
  );
}

/**
 * @returns the subscribed types among those asked for; undefined: all.
 * @throws ParleyError `forbidden` when there is no such type
 */
function subscribedTypes(
  subscriptions: readonly ChannelSubscription[],
  channel: ChannelName,
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  const ofChannel = subscriptions.filter((subscription) => subscription.channel === channel);
  if (ofChannel.some(({ types }) => types.length === 0)) return asked;
  const subscribed = new Set(ofChannel.flatMap(({ types }) => types));
  const allowed = asked === undefined ? [...subscribed] : asked.filter((type) => subscribed.has(type));
  if (allowed.length > 0) return allowed;
  throw new ParleyError(
    'forbidden',
    `This agent has no subscription to such events of the channel "${channel}": name them in the subscriptions of its profile.`,
  );
}

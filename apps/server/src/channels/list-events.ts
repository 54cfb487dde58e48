import type { ControlPlaneHandlers } from '@parley/control-plane';
import type { ServerServices } from '../server-services.ts';

/** The past of a channel, for agents. */
export function createEventHandlers({
  agents,
  store,
}: ServerServices): Pick<ControlPlaneHandlers, 'listEvents'> {
  return {
    async listEvents({ agentId, incarnation, channel, types, limit }) {
      agents.require(agentId, incarnation);
      return (await store.events.list({ channel, types, limit })).map(({ event }) => event);
    },
  };
}

import type { ControlPlaneHandlers } from '@parley/control-plane';
import { ParleyError } from '@parley/shared-models';
import { statusOf } from '../agents/agent-entry.ts';
import { createMemoryHandlers } from '../agents/memory-requests.ts';
import { createEventHandlers } from '../channels/list-events.ts';
import { createAskHandlers } from '../conversations/ask.ts';
import type { ServerServices } from '../server-services.ts';

/** What the server does for each RPC. */
export function createControlPlaneHandlers(services: ServerServices): ControlPlaneHandlers {
  const { agents, brokers, commands, config } = services;
  return {
    ...createMemoryHandlers(services),
    ...createAskHandlers(services),
    ...createEventHandlers(services),
    async registerAgent(request) {
      const before = agents.get(request.agentId);
      const response = await agents.register(request);
      // The process that had this id before, if it is another one, must stop now and not with its next heartbeat.
      if (
        before !== undefined &&
        before.agentId === response.agentId &&
        before.instanceId !== request.instanceId
      ) {
        commands.fence(response.agentId, `Another process has registered as "${response.agentId}".`);
      }
      return response;
    },
    unregisterAgent: ({ agentId, incarnation }) => agents.unregister(agentId, incarnation),
    heartbeat: async (request) => agents.heartbeat(request),
    async registerBroker({ brokerId, name }) {
      brokers.register(brokerId, name);
      return { heartbeatMs: config.HEARTBEAT_MS };
    },
    async unregisterBroker({ brokerId }) {
      brokers.unregister(brokerId);
    },
    async getAgentStatus({ agentId }) {
      return statusOf(agents.require(agentId));
    },
    subscribeToAgentStatus({ subscriberId }, push) {
      brokers.setConnected(subscriberId, true);
      push.send({ agents: agents.list(), isFull: true, removed: [] });
      const unsubscribe = agents.onChange((update) => push.send(update));
      return () => {
        unsubscribe();
        brokers.setConnected(subscriberId, false);
      };
    },
    async receiveCommands({ agentId, incarnation }, push) {
      agents.require(agentId, incarnation);
      const close = commands.open(agentId, push);
      agents.setConnected(agentId, incarnation, true);
      return () => {
        close();
        agents.setConnected(agentId, incarnation, false);
      };
    },
    commandState: () => Promise.reject(noSuchCommand()),
    commandOutput: () => Promise.reject(noSuchCommand()),
    commandResult: () => Promise.reject(noSuchCommand()),
  };
}

const noSuchCommand = (): ParleyError => new ParleyError('not_found', 'The server has sent no such command.');

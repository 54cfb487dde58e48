import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { newId, ParleyError } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { createAgentExchange } from './agents/agent-exchange.ts';
import { createAgentRegistry } from './agents/create-agent-registry.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { startHeadShipping } from './audit/ship-heads.ts';
import { createBrokerRegistry } from './brokers/broker-registry.ts';
import { createChannelFollowers } from './channels/channel-followers.ts';
import { createCommandService } from './commands/command-service.ts';
import type { ServerConfig } from './config.ts';
import { createConversationHub } from './conversations/conversation-hub.ts';
import { createExternalGateways } from './external/external-gateways.ts';
import { createCommandStreams } from './grpc/command-streams.ts';
import { createQueueMembers } from './grpc/queue-members.ts';
import { createUserLimits } from './limits/user-limits.ts';
import { createEventRelay, createOutboxRelay } from './outbox/relay.ts';
import { createSessionGate } from './requests/session-gate.ts';
import { createSubmissions } from './requests/submit.ts';
import type { ServerServices } from './server-services.ts';
import { createRevokedTokens } from './tokens/revoked-tokens.ts';
import { createAuthenticator } from './users/authenticator.ts';
import { openLocalAccess } from './users/local-access.ts';

/** Makes the parts of a server; nothing takes from queues, sweeps or listens yet. */
export async function createServices(
  config: ServerConfig,
  ports: { bus: MessageBus; store: Store; logger: Logger },
): Promise<{ services: ServerServices; stop: () => Promise<void> }> {
  const { bus, store, logger } = ports;
  const serverId = newId();
  const heads = startHeadShipping(config, { audit: store.audit, logger });
  const revokedTokens = createRevokedTokens({ store, logger });
  const agents = createAgentRegistry({
    store,
    isRevoked: revokedTokens.has,
    logger,
    heartbeatMs: config.HEARTBEAT_MS,
    maxAgents: config.MAX_AGENTS,
    declareQueues: async (agentId, { group, subscriptions = [] }) => {
      // An agent that waits for the answer would not learn why it does not come; with this error it asks again.
      if (bus.health().state === 'down')
        throw new ParleyError('bus_unavailable', 'The queue cannot be reached.');
      await bus.declareAgentQueue(agentId);
      // Clients that see the agent may publish events that it subscribes to. It binds the channels whose past it
      // wants by itself: events before it fetched the past would come twice.
      const bindings = subscriptions
        .filter(({ replayLast = 0 }) => replayLast === 0)
        .flatMap(({ channel, types }) =>
          (types.length === 0 ? ['*'] : types).map((type) => ({ channel, type })),
        );
      if (bindings.length > 0) await bus.declareChannelQueue(group, bindings);
    },
    deleteQueue: (agentId) => bus.deleteAgentQueue(agentId),
  });
  const sessionGate = createSessionGate(agents);
  const hub = await createConversationHub({
    serverId,
    ...ports,
    onForeignFrame(frame) {
      if (frame.type === 'message.status') sessionGate.settled(frame.messageId);
      // The status may have passed by before this server heard of the conversation.
      else if (frame.type === 'message' && frame.message.inReplyTo !== undefined)
        sessionGate.settled(frame.message.inReplyTo);
    },
  });
  const channels = await createChannelFollowers({ serverId, ...ports });
  const relay = createOutboxRelay({ ...ports, agents });
  const eventRelay = createEventRelay(ports);
  const streams = createCommandStreams();
  const audit = createAuditLog({ audit: store.audit, logger });
  const commandService = await createCommandService({ ...ports, serverId, config, agents, streams });
  agents.onWanted(({ agentId, wanted }) => {
    streams.tellState(agentId, wanted === 'online' ? 'online' : 'paused');
    if (wanted === 'online') commandService.kick(agentId);
  });
  const brokers = createBrokerRegistry(undefined, config.MAX_BROKERS);
  const localAccess = await openLocalAccess(config, logger);
  const agentExchange = await createAgentExchange({ ...ports, serverId, agents, brokers });
  return {
    services: {
      config,
      logger,
      store,
      bus,
      agents,
      agentExchange,
      brokers,
      queueMembers: createQueueMembers({ ...ports, agents }),
      commands: streams,
      commandService,
      audit,
      hub,
      sessionGate,
      submissions: createSubmissions(),
      relay,
      channels,
      eventRelay,
      gateways: createExternalGateways(),
      authenticator: createAuthenticator(config, localAccess, revokedTokens.has),
      localAccess,
      revokedTokens,
      userLimits: createUserLimits(config, store.usage),
      startedAt: Date.now(),
    },
    async stop() {
      localAccess?.stop();
      await revokedTokens.stop();
      sessionGate.stop();
      await Promise.all([relay.stop(), eventRelay.stop()]);
      await agentExchange.stop();
      await commandService.stop();
      await audit.stop();
      await channels.stop();
      await hub.stop();
      await heads.stop();
    },
  };
}

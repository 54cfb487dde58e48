import type { Server, UntypedServiceImplementation } from '@grpc/grpc-js';
import { type AgentCommand, ParleyError } from '@parley/shared-models';
import type { AgentStatusUpdate, ControlPlaneHandlers } from '../control-plane.ts';
import type { Logger } from '../logger.ts';
import { type ServiceName, serviceDefinition } from '../proto-definitions.ts';
import { agentState } from '../wire/enum-names.ts';
import { encodeCommand, encodeStatus, encodeUpdate } from '../wire/messages.ts';
import * as requests from '../wire/requests.ts';
import { splitUpdate } from '../wire/split-update.ts';
import { conversationService, memoryService } from './agent-services.ts';
import { channelService } from './channel-service.ts';
import { type Credentials, isFromBroker } from './credentials.ts';
import type { JoinTokens } from './join-tokens.ts';
import { type OpenStreams, serveStream } from './serve-stream.ts';
import { serveClientStream, serveUnary } from './serve-unary.ts';
import { taskService } from './task-service.ts';

export interface ServiceOptions {
  readonly handlers: ControlPlaneHandlers;
  readonly logger: Logger;
  readonly open: OpenStreams;
  readonly maxPending: number;
  readonly credentials?: Credentials | undefined;
  /** Undefined: nobody has to show one. */
  readonly joinTokens?: JoinTokens | undefined;
}

/** Adds every service of `parley.v1`; the RPCs stand in the order of the .proto files. */
export function addServices(server: Server, options: ServiceOptions): void {
  for (const [name, implementation] of Object.entries(implementations(options))) {
    server.addService(serviceDefinition(name as ServiceName), implementation);
  }
}

function implementations(options: ServiceOptions): Record<ServiceName, UntypedServiceImplementation> {
  const { handlers, logger, credentials, joinTokens } = options;
  return {
    AgentRegistrationService: {
      registerAgent: serveUnary(logger, requests.RegisterAgent, async (request, call) => {
        const admission = joinTokens?.admissionOf(call.metadata) ?? 'anybody';
        const token = admission === 'anybody' ? {} : { token: admission };
        const answer = await handlers.registerAgent(request, { peer: call.getPeer(), ...token });
        // Whatever the request asked for: the token decides whose credential its holder gets.
        if (admission !== 'anybody' && answer.agentId !== admission.agentId)
          throw new ParleyError('forbidden', `This join token is for the agent "${admission.agentId}" only.`);
        const credential = credentials?.forAgent(answer.agentId, answer.incarnation);
        return { ...answer, state: agentState.encode(answer.state), credential };
      }),
      unregisterAgent: serveUnary(logger, requests.UnregisterAgent, async (request) => {
        await handlers.unregisterAgent(request);
        return {};
      }),
      heartbeat: serveUnary(logger, requests.Heartbeat, async (request) => {
        const answer = await handlers.heartbeat(request);
        return { ...answer, state: agentState.encode(answer.state) };
      }),
    },
    BrokerRegistrationService: {
      registerBroker: serveUnary(logger, requests.RegisterBroker, async (request) => ({
        ...(await handlers.registerBroker(request)),
        credential: credentials?.forBroker(request.brokerId),
      })),
      unregisterBroker: serveUnary(logger, requests.UnregisterBroker, async (request) => {
        await handlers.unregisterBroker(request);
        return {};
      }),
    },
    AgentStatusService: {
      getAgentStatus: serveUnary(logger, requests.GetAgentStatus, async (request) => ({
        agent: encodeStatus(await handlers.getAgentStatus(request)),
      })),
      subscribeToAgentStatus: serveStream({
        ...options,
        schema: requests.SubscribeToAgentStatus,
        encode: (update: AgentStatusUpdate) => splitUpdate(update).map(encodeUpdate),
        subscribe: (request, push, metadata) =>
          handlers.subscribeToAgentStatus(request, push, {
            isBroker: credentials === undefined || isFromBroker(credentials, metadata, request.subscriberId),
          }),
      }),
    },
    CommandService: {
      receiveCommands: serveStream({
        ...options,
        schema: requests.ReceiveCommands,
        encode: (command: AgentCommand) => [encodeCommand(command)],
        subscribe: (request, push) => handlers.receiveCommands(request, push),
      }),
      sendCommandState: serveUnary(logger, requests.SendCommandState, async (report) => {
        await handlers.commandState(report);
        return {};
      }),
      sendCommandOutput: serveClientStream(logger, requests.SendCommandOutput, (output) =>
        handlers.commandOutput(output),
      ),
      sendCommandResult: serveUnary(logger, requests.SendCommandResult, async (result) => {
        await handlers.commandResult(result);
        return {};
      }),
    },
    AgentMemoryService: memoryService(handlers, logger),
    AgentConversationService: conversationService(handlers, logger),
    AgentChannelService: channelService(handlers, logger),
    TaskService: taskService(handlers, logger),
  };
}

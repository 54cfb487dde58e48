import { createHash } from 'node:crypto';
import {
  type CallContext,
  type ControlPlaneHandlers,
  forAnother,
  type RegisterAgentRequest,
  type RegisterAgentResponse,
} from '@parley/control-plane';
import { type AuditInput, loadOf } from '@parley/shared-models';
import { type AgentEntry, directory, directoryEntry, statusOf } from '../agents/agent-entry.ts';
import { createMemoryHandlers } from '../agents/memory-requests.ts';
import { refusedCall } from '../audit/refusals.ts';
import { createEventHandlers } from '../channels/list-events.ts';
import { createAskHandlers } from '../conversations/ask.ts';
import type { ServerServices } from '../server-services.ts';
import { createTaskHandlers } from '../tasks/task-handlers.ts';

/** The server's handlers of all RPCs but `work`, which carries them all: see agents/host. */
export function createControlPlaneHandlers(services: ServerServices): Omit<ControlPlaneHandlers, 'work'> {
  const { agents, audit, brokers, commands, commandService, config, queueMembers } = services;
  const { processes, reports } = commandService;
  const peopleSignIn = services.authenticator.isRequired;
  return {
    ...createMemoryHandlers(services),
    ...createAskHandlers(services),
    ...createEventHandlers(services),
    ...createTaskHandlers(services),
    connectQueue: queueMembers.connectQueue,
    async registerAgent({ instanceId: secret, ...request }, { peer, token, beginsAnew = false }) {
      queueMembers.requireSame(request.queue);
      const { agentId: wantedId, profile } = request;
      // By AgentHost.Work: a call of its own does not come so far.
      if (token !== undefined && (token.agentId !== wantedId || token.group !== profile.group)) {
        const method = '/parley.v1.AgentHost/Work';
        await audit.enterRefusal(refusedCall({ kind: 'join_token', peer, method, agentId: token.agentId }));
        throw forAnother(token);
      }
      // Other servers, agents that hear signals, and readers of the audit could claim to be that process.
      const instanceId = createHash('sha256').update(secret).digest('base64url');
      const { replaced, ...response } = await agents.register({ ...request, instanceId }, token);
      const { agentId, incarnation } = response;
      // The process that had this id before, if it is another one, must stop now and not with its next heartbeat.
      if (replaced !== undefined && replaced.instanceId !== instanceId) {
        commands.fence(agentId, `Another process has registered as "${agentId}".`);
        queueMembers.fence(agentId);
      }
      // Commands sent to it are lost, as if sent to another process.
      if (beginsAnew) await processes.left(agentId, incarnation);
      await processes.registered({ agentId, instanceId, incarnation });
      await audit.enter(registration({ ...request, instanceId }, response, replaced, { peer, token }));
      return { ...response, peopleSignIn };
    },
    async unregisterAgent({ agentId, incarnation }) {
      await agents.unregister(agentId, incarnation);
      await processes.left(agentId, incarnation);
    },
    heartbeat: async (request) => ({ ...(await agents.heartbeat(request)), peopleSignIn }),
    async registerBroker({ brokerId, name, queue }) {
      queueMembers.requireSame(queue);
      brokers.register(brokerId, name);
      return { heartbeatMs: config.HEARTBEAT_MS };
    },
    async unregisterBroker({ brokerId }) {
      brokers.unregister(brokerId);
    },
    async getAgentStatus({ agentId }) {
      return directoryEntry(statusOf(agents.require(agentId)));
    },
    subscribeToAgentStatus({ subscriberId, readsLoads }, push, { isBroker }) {
      const full = { agents: agents.list(), isFull: true, removed: [], revision: agents.revision };
      if (!isBroker) {
        push.send(directory(full));
        return agents.onChange((update) => push.send(directory(update)));
      }
      brokers.setConnected(subscriberId, true);
      push.send(full);
      const unsubscribe = [
        agents.onChange((update) => push.send(update)),
        agents.onLoads((busier) => {
          const changes = readsLoads ? { agents: [], loads: busier.map(loadOf) } : { agents: busier };
          push.send({ ...changes, isFull: false, removed: [], revision: agents.revision });
        }),
      ];
      return () => {
        for (const each of unsubscribe) each();
        brokers.setConnected(subscriberId, false);
      };
    },
    async receiveCommands({ agentId, incarnation }, push) {
      await processes.instanceOf(agentId, incarnation);
      const close = commands.open(agentId, push);
      agents.setConnected(agentId, incarnation, true);
      const closeDelivery = await processes.opened(agentId, incarnation);
      return () => {
        closeDelivery();
        close();
        agents.setConnected(agentId, incarnation, false);
      };
    },
    sendCommandState: async ({ incarnation, ...report }) =>
      reports.state(report, await processes.instanceOf(report.agentId, incarnation)),
    async sendCommandOutput({ incarnation, ...output }) {
      agents.require(output.agentId, incarnation);
      await reports.output(output);
    },
    sendCommandResult: async ({ incarnation, ...result }) =>
      reports.result(result, await processes.instanceOf(result.agentId, incarnation)),
  };
}

/** The audit entry of a registration; one that takes the id from another living process is a take-over. */
function registration(
  request: RegisterAgentRequest,
  { agentId, incarnation }: RegisterAgentResponse,
  before: AgentEntry | undefined,
  { peer, token }: Pick<CallContext, 'peer' | 'token'>,
): AuditInput {
  const isTakeOver =
    before !== undefined &&
    before.instanceId !== '' &&
    before.instanceId !== request.instanceId &&
    before.state !== 'offline';
  return {
    action: isTakeOver ? 'agent.replaced' : 'agent.registered',
    actor: { kind: 'agent', id: agentId, name: request.profile.name },
    remoteAddress: peer.slice(0, 64),
    agentId,
    result: 'ok',
    details: {
      incarnation,
      instanceId: request.instanceId,
      ...(token === undefined ? {} : { tokenId: token.tokenId }),
    },
  };
}

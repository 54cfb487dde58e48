import type { CallContext, ControlPlaneHandlers, ConversationRpc } from '@parley/control-plane';
import {
  ASK_ORIGIN,
  canonicalJson,
  deriveId,
  isTerminal,
  originOf,
  ParleyError,
  type Target,
} from '@parley/shared-models';
import { awaitReply } from '../requests/await-reply.ts';
import { stopAnswer } from '../requests/stop.ts';
import { type Submission, submit } from '../requests/submit.ts';
import type { ServerServices } from '../server-services.ts';
import { extendChain } from './ask-chain.ts';
import { type RequestInHand, requestInHand } from './ask-request.ts';

/** The owner of the conversations of an agent's questions. */
const ownerOf = (group: string): string => `agent:${group}`;

/** `AgentConversationService`: a question to another agent is a message like any other, in a conversation of the asking group. */
export function createAskHandlers(services: ServerServices) {
  const { agents, submissions, store } = services;
  const stop = async (id: string, group: string): Promise<void> => {
    const found = await store.getMessage(id);
    if (found?.status === undefined || found.ownerId !== ownerOf(group)) return;
    await stopAnswer(services, found.status);
  };
  return {
    async ask({ id, target, text, timeoutMs, ...caller }, { signal }: Pick<CallContext, 'signal'>) {
      const { message } = await submissions.during(id, async () => {
        const inHand = await requestInHand(services, caller);
        const before = await askedBefore(services, id, ownerOf(inHand.agent.profile.group));
        return submit(services, before ?? questionOf(services, inHand, { id, target, text }));
      });
      return awaitReply(services, message, { timeoutMs, signal });
    },
    async cancelAsk({ agentId, incarnation, id }) {
      const { group } = agents.require(agentId, incarnation).profile;
      await submissions.settled(id);
      await stop(id, group);
    },
    async isWanted({ agentId, incarnation, requestId }) {
      agents.require(agentId, incarnation);
      const status = (await store.getMessage(requestId))?.status;
      if (status === undefined || isTerminal(status.status)) return false;
      // While it is given to nobody, the answer of an agent that had it before counts.
      return status.routing === undefined || status.routing.agentId === agentId;
    },
    async history({ limit, beforeSeq, ...caller }) {
      const { request, status } = await requestInHand(services, caller);
      // Later replies are between the person and the agent that answers then.
      if (isTerminal(status.status))
        throw new ParleyError(
          'forbidden',
          'That message has ended: its conversation is no longer open to you.',
        );
      const query = { limit, beforeSeq: Math.min(beforeSeq ?? request.seq, request.seq) };
      return (await store.listMessages(request.conversationId, query)).messages;
    },
  } satisfies Pick<ControlPlaneHandlers, ConversationRpc>;
}

/** The question as it was put before: an agent that handles its message again may word it otherwise. */
async function askedBefore(
  { store }: ServerServices,
  id: string,
  ownerId: string,
): Promise<Submission | undefined> {
  const found = await store.getMessage(id);
  return found?.ownerId === ownerId ? { message: found.message, ownerId } : undefined;
}

function questionOf(
  { agents }: ServerServices,
  { agent, request }: RequestInHand,
  { id, target, text }: { id: string; target: Target; text: string },
): Submission {
  const { group, name } = agent.profile;
  const asker = { agentId: agent.agentId, group, requestId: request.id };
  const origin = extendChain(originOf(request), asker, target, agents.list());
  return {
    message: {
      id,
      // Questions to one agent for the sake of one message are one conversation.
      conversationId: deriveId(request.id, 'ask', group, canonicalJson(target)),
      kind: 'TEXT',
      // The group, not the agent: after a fail-over another instance asks with the same id.
      sender: { kind: 'agent', id: group, name },
      text,
      createdAt: new Date().toISOString(),
      metadata: { [ASK_ORIGIN]: origin },
    },
    ownerId: ownerOf(group),
    target,
  };
}

import type { ControlPlaneHandlers } from '@parley/control-plane';
import {
  ASK_ORIGIN,
  type ChatMessage,
  canonicalJson,
  deriveId,
  isTerminal,
  originOf,
  ParleyError,
  type Target,
  type UnstoredMessage,
} from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { extendChain } from './ask-chain.ts';
import { awaitReply } from './ask-reply.ts';
import { type RequestInHand, requestInHand } from './ask-request.ts';
import { stopAnswer } from './stop-answer.ts';

/** Whose conversations an agent's questions are. */
const ownerOf = (group: string): string => `agent:${group}`;

/** `AgentConversationService`: a question to another agent is a message like any other, in a conversation of the asking group. */
export function createAskHandlers(
  services: ServerServices,
): Pick<ControlPlaneHandlers, 'ask' | 'cancelAsk' | 'isWanted' | 'history'> {
  const { agents, arrivals, store } = services;
  const stop = async (id: string, group: string): Promise<void> => {
    const found = await store.getMessage(id);
    if (found?.status === undefined || found.ownerId !== ownerOf(group)) return;
    await stopAnswer(services, found.status);
  };
  return {
    async ask({ id, target, text, timeoutMs, ...caller }, signal) {
      const { group } = agents.require(caller.agentId, caller.incarnation).profile;
      const question = await arrivals.during(id, async () => {
        const inHand = await requestInHand(services, caller);
        return (
          (await questionOf(services, id, group)) ??
          (await putQuestion(services, inHand, { id, target, text }))
        );
      });
      return awaitReply(services, question, { timeoutMs, signal });
    },
    async cancelAsk({ agentId, incarnation, id }) {
      const { group } = agents.require(agentId, incarnation).profile;
      await arrivals.settled(id);
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
      // What is said later is between the person and whoever answers then.
      if (isTerminal(status.status))
        throw new ParleyError(
          'forbidden',
          'That message has ended: its conversation is no longer open to you.',
        );
      const query = { limit, beforeSeq: Math.min(beforeSeq ?? request.seq, request.seq) };
      return (await store.listMessages(request.conversationId, query)).messages;
    },
  };
}

/** The question, if it was put before. @throws ParleyError `id_conflict` when that was somebody else's message */
async function questionOf(
  { store }: ServerServices,
  id: string,
  group: string,
): Promise<ChatMessage | undefined> {
  const found = await store.getMessage(id);
  if (found === undefined) return undefined;
  if (found.ownerId === ownerOf(group)) return found.message;
  throw new ParleyError('id_conflict', 'This message id was used for another message before.');
}

async function putQuestion(
  services: ServerServices,
  { agent, request }: RequestInHand,
  { id, target, text }: { id: string; target: Target; text: string },
): Promise<ChatMessage> {
  const { agents, store, relay, hub } = services;
  const { group, name } = agent.profile;
  const asker = { agentId: agent.agentId, group, requestId: request.id };
  const origin = extendChain(originOf(request), asker, target, agents.list());
  const question: UnstoredMessage = {
    id,
    // Questions to one agent for the sake of one message are one conversation.
    conversationId: deriveId(request.id, 'ask', group, canonicalJson(target)),
    kind: 'TEXT',
    // The group, not the agent: after a fail-over another instance asks with the same id.
    sender: { kind: 'agent', id: group, name },
    text,
    createdAt: new Date().toISOString(),
    metadata: { [ASK_ORIGIN]: origin },
  };
  await relay.room();
  const { message, isDuplicate, session } = await store.accept({
    message: question,
    ownerId: ownerOf(group),
    target,
  });
  hub.deliver(message);
  if (!isDuplicate)
    relay.send({ message, attempt: 0, target, ...(session === undefined ? {} : { session }) });
  return message;
}

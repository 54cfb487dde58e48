import type { Envelope } from '@parley/messaging';
import { Reject } from '@parley/messaging';
import { appendHop, HEADERS, parseHops, ReplyBody, traceIdOf } from '@parley/shared-models';
import { createProfileLookup, type ProfileLookup } from '../agents/profile-lookup.ts';
import type { ServerServices } from '../server-services.ts';
import { isBesideAnswer } from './is-beside-answer.ts';
import { parseBody, stringHeader } from './parse-body.ts';
import { isFromReplaced, senderAgentOf } from './replaced-process.ts';

/** `chat.reply` from an agent: stored once, then shown to who follows the conversation. */
export async function onReply(
  envelope: Envelope,
  services: ServerServices,
  profileOf: ProfileLookup = createProfileLookup(services),
): Promise<void> {
  const { store, hub, logger } = services;
  const said = parseBody(envelope, ReplyBody);
  if (said.sender.kind !== 'agent' || senderAgentOf(envelope) !== said.sender.id) {
    throw new Reject('malformed_message', 'the sender in the headers is not the one in the body');
  }
  const agentId = said.sender.id;
  // Readers go by the name: it is that of the registration, and no word of Parley itself comes from an agent.
  const name = (await profileOf(agentId))?.name ?? agentId;
  const reply: ReplyBody = { ...said, kind: 'REPLY', sender: { kind: 'agent', id: agentId, name } };
  const traceId = traceIdOf(envelope.headers);
  const isBeside = isBesideAnswer(envelope);
  // Whoever sent it counts it as said and will not say it again, also when its process was replaced meanwhile.
  if (!isBeside && (await isFromReplaced(envelope, agentId, reply.inReplyTo, services))) return;
  const hops = parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));
  const holder = await holderOf(envelope, agentId, reply.inReplyTo, services);
  const result = await store.storeReply({
    reply,
    requestId: reply.inReplyTo,
    agentId: holder,
    hops,
    isBesideAnswer: isBeside,
  });
  switch (result.outcome) {
    case 'stored':
      hub.deliver(result.message);
      hub.broadcast(result.message.conversationId, { type: 'message.status', ...result.status });
      return;
    case 'duplicate':
      // Whoever stored it may have died before telling the readers on other servers; those who have it get it once.
      logger.debug({ messageId: reply.id, traceId }, 'a reply had been stored before');
      hub.deliver(result.message);
      hub.broadcast(result.message.conversationId, { type: 'message.status', ...result.status });
      return;
    case 'refused':
      logger.info(
        { agentId, messageId: reply.inReplyTo, traceId, reason: result.reason },
        'a reply was refused',
      );
  }
}

/**
 * The agent in whose place this one answers: what follows from an event, or from a task, may be said by any agent of the
 * group that had the message. Its id follows from the event or the task, so nothing is said twice.
 */
async function holderOf(
  envelope: Envelope,
  agentId: string,
  requestId: string,
  { agents, store }: ServerServices,
): Promise<string> {
  const causeId = stringHeader(envelope, HEADERS.causation);
  if (causeId === undefined) return agentId;
  const holder = (await store.getMessage(requestId))?.status?.routing?.agentId;
  if (holder === undefined || holder === agentId) return agentId;
  const group = agents.get(agentId)?.profile.group;
  // A task may outlive the agent that had the message.
  const holding = agents.get(holder)?.profile.group ?? (await store.tasks.get(causeId))?.group;
  return group !== undefined && holding === group ? holder : agentId;
}

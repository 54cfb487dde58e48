import { bodyOf, type Envelope, Reject } from '@parley/messaging';
import { appendHop, HEADERS, parseHops, ReplyBody, traceIdOf } from '@parley/shared-models';
import type { ReplyInput } from '@parley/store';
import { createProfileLookup, type ProfileLookup } from '../agents/profile-lookup.ts';
import type { ServerServices } from '../server-services.ts';
import { stringHeader } from './envelope-headers.ts';
import { isBesideAnswer } from './is-beside-answer.ts';
import { holderInGroup, tellToStop } from './other-instance.ts';
import { isFromReplaced, senderAgentOf } from './replaced-process.ts';

/** `chat.reply` from an agent: stored once, then shown to who follows the conversation. */
export async function onReply(
  envelope: Envelope,
  services: ServerServices,
  profileOf: ProfileLookup = createProfileLookup(services),
): Promise<void> {
  const { store, hub, logger } = services;
  const said = bodyOf(envelope, ReplyBody, envelope.type);
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
  const requestId = reply.inReplyTo;
  const input: ReplyInput = { reply, requestId, agentId, hops, isBesideAnswer: isBeside };
  let result = await store.storeReply(input);
  if (result.outcome === 'refused' && result.reason === 'other_agent') {
    const causeId = stringHeader(envelope, HEADERS.causation);
    const inPlaceOf = await holderInGroup(services, { requestId, agentId, taskId: causeId });
    if (inPlaceOf !== undefined) result = await store.storeReply({ ...input, inPlaceOf });
    if (inPlaceOf !== undefined && result.outcome === 'stored' && !isBeside)
      tellToStop(services, inPlaceOf, requestId);
  }
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
      logger.info({ agentId, messageId: requestId, traceId, reason: result.reason }, 'a reply was refused');
  }
}

import { bodyOf, type Envelope, Reject } from '@parley/messaging';
import { appendHop, HEADERS, parseHops, ReplyBody, traceIdOf } from '@parley/shared-models';
import type { ReplyInput } from '@parley/store';
import { createProfileLookup, type ProfileLookup } from '../agents/profile-lookup.ts';
import { isSubscribed } from '../channels/list-events.ts';
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
  if (
    isBeside &&
    !(await followsFromOwn(reply, stringHeader(envelope, HEADERS.causation), services, profileOf))
  ) {
    logger.warn(
      { agentId, messageId: requestId, traceId },
      'a reply was refused: nothing of its agent brought it about',
    );
    return;
  }
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
      hub.deliver(result.message, result.status);
      return;
    case 'duplicate':
      // Whoever stored it may have died before telling the readers on other servers; those who have it get it once.
      logger.debug({ messageId: reply.id, traceId }, 'a reply had been stored before');
      hub.deliver(result.message, result.status);
      return;
    case 'refused':
      logger.info({ agentId, messageId: requestId, traceId, reason: result.reason }, 'a reply was refused');
  }
}

/**
 * Whether a reply beside the answer may be said. While an agent has the message, the store judges by that. While nobody has
 * it, what brought the reply about must be a task of the agent's group in that conversation, or an event that followed from
 * the message and that the group has subscribed to: to know the id of a message gives no right to answer it.
 */
async function followsFromOwn(
  { sender, inReplyTo }: ReplyBody,
  causeId: string | undefined,
  { store }: ServerServices,
  profileOf: ProfileLookup,
): Promise<boolean> {
  const request = await store.getMessage(inReplyTo);
  if (causeId === undefined || request === undefined || request.status?.routing !== undefined) return true;
  const profile = await profileOf(sender.id);
  if (profile === undefined) return false;
  const task = await store.tasks.get(causeId);
  if (task !== undefined)
    return task.group === profile.group && task.conversationId === request.message.conversationId;
  const logged = await store.events.get(causeId);
  return (
    logged !== undefined &&
    (logged.event.correlationId ?? logged.event.id) === inReplyTo &&
    isSubscribed(profile, logged)
  );
}

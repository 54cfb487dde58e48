import { bodyOf, type Envelope, Reject } from '@parley/messaging';
import type { Speaker } from '@parley/requests';
import { HEADERS, ReplyBody, Settled, traceIdOf } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { ProfileLookup } from '../agents/profile-lookup.ts';
import { isSubscribed } from '../channels/list-events.ts';
import { applyEvent, type RequestServices } from './apply-event.ts';
import {
  attemptOf,
  hopsOf,
  integerHeader,
  isBesideAnswer,
  senderAgentOf,
  stringHeader,
} from './queue-headers.ts';

/** `chat.reply` from an agent: stored once, then shown to those that follow the conversation. */
export async function onReply(
  envelope: Envelope,
  services: RequestServices,
  profileOf: ProfileLookup,
): Promise<void> {
  const said = bodyOf(envelope, ReplyBody, envelope.type);
  if (said.sender.kind !== 'agent' || senderAgentOf(envelope) !== said.sender.id)
    throw new Reject('malformed_message', 'the sender in the headers is not the one in the body');
  const agentId = said.sender.id;
  // Readers go by the name: it is that of the registration, and no word of Parley itself comes from an agent.
  const name = (await profileOf(agentId))?.name ?? agentId;
  const requestId = said.inReplyTo;
  const isBeside = isBesideAnswer(envelope);
  const cause = isBeside
    ? await causeOf(said, stringHeader(envelope, HEADERS.causation) ?? '', services.store, profileOf)
    : undefined;
  const event = {
    type: 'replied',
    requestId,
    reply: { ...said, kind: 'REPLY', sender: { kind: 'agent', id: agentId, name } },
    from: speakerOf(envelope, agentId, services, cause?.group),
    hops: hopsOf(envelope),
    beside: cause,
  } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/** `chat.settled` from an agent: it handled the request and has nothing to say. */
export async function onSettled(envelope: Envelope, services: RequestServices): Promise<void> {
  const { requestId } = bodyOf(envelope, Settled, envelope.type);
  const agentId = senderAgentOf(envelope);
  if (agentId === undefined) throw new Reject('malformed_message', 'the header "sender" names no agent');
  const from = speakerOf(envelope, agentId, services);
  const event = { type: 'settled', requestId, from, hops: hopsOf(envelope) } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/**
 * The agent that sent it, and whether another process has registered under its id since.
 * @param ownGroup of the task that it speaks for: that may outlive the agent which had the message
 */
export function speakerOf(
  envelope: Envelope,
  agentId: string,
  { agents, logger }: Pick<RequestServices, 'agents' | 'logger'>,
  ownGroup?: string,
): Speaker {
  const known = agents.get(agentId);
  const incarnation = integerHeader(envelope, HEADERS.incarnation);
  const isReplaced = known !== undefined && incarnation < known.firstIncarnation;
  if (isReplaced && !isBesideAnswer(envelope)) {
    logger.warn(
      { agentId, messageId: envelope.correlationId, incarnation, current: known.incarnation },
      `what a replaced process sent was refused: ${envelope.type}`,
    );
  }
  return {
    agentId,
    isReplaced,
    attempt: attemptOf(envelope),
    isSiblingOf(other) {
      const group = agents.get(agentId)?.profile.group;
      return group !== undefined && (agents.get(other)?.profile.group ?? ownGroup) === group;
    },
  };
}

/**
 * What brought a reply beside the answer about: a task in that conversation, or an event that followed from the message and
 * that the agent's group has subscribed to. `isOwn`: it is the agent's; to know the id of a message gives no right to
 * answer it.
 */
async function causeOf(
  { sender, inReplyTo }: ReplyBody,
  causeId: string,
  store: Store,
  profileOf: ProfileLookup,
): Promise<{ isOwn: boolean; group?: string }> {
  const profile = await profileOf(sender.id);
  const task = await store.tasks.get(causeId);
  if (task !== undefined) {
    const conversationId = (await store.getMessage(inReplyTo))?.message.conversationId;
    const isOwn = task.group === profile?.group && task.conversationId === conversationId;
    return { isOwn, group: task.group };
  }
  const logged = await store.events.get(causeId);
  const isOwn =
    profile !== undefined &&
    logged !== undefined &&
    (logged.event.correlationId ?? logged.event.id) === inReplyTo &&
    isSubscribed(profile, logged);
  return { isOwn };
}

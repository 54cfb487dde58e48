import { ParleyError } from '@parley/shared-models';
import type { Submitted } from './events.ts';
import { agentSessionOf, stepOnMessage } from './held-conversation.ts';
import { type Known, type Moment, placed, type Transition } from './outcome.ts';
import { type Effect, outboxEntryOf, type Request } from './request.ts';

/**
 * The message becomes part of its conversation and goes into the outbox; sent again, it changes nothing.
 * @throws ParleyError `forbidden` when the conversation belongs to somebody else, `id_conflict` when the id was used by
 *   another sender, in another conversation or for another text
 */
export function submitted(
  { conversation, request, own }: Known,
  event: Submitted,
  { now }: Moment,
): Transition {
  const { ownerId, target, isSessionEnd: isEnd = false, timeoutMs } = event;
  const { id, conversationId, text, sender } = event.message;
  if (conversation !== undefined && conversation.ownerId !== ownerId)
    throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
  if (own !== undefined) {
    const isSame =
      own.conversationId === conversationId &&
      own.sender.kind === sender.kind &&
      own.sender.id === sender.id &&
      own.text === text;
    if (!isSame) throw new ParleyError('id_conflict', 'This message id was used for another message before.');
    // The server that stored it may have died before it showed it; the outbox sees to the rest.
    return { outcome: 'repeated', request, message: own, effects: [{ do: 'show', message: own }] };
  }

  const message = placed(event.message, conversation);
  const { seq } = message;
  const { hint, next } = stepOnMessage(conversation?.session, { now, seq, isEnd, text, target });
  const accepted: Request = {
    messageId: id,
    conversationId,
    seq,
    target,
    hint,
    state: 'accepted',
    attempt: 0,
    agentId: undefined,
    decision: undefined,
    hops: [],
    error: undefined,
    isInOutbox: true,
    timeoutMs,
    routedAt: undefined,
    unansweredMs: 0,
  };
  const effects: Effect[] = [
    { do: 'show', message },
    { do: 'publish', entry: outboxEntryOf(message, accepted) },
  ];
  if (next !== undefined)
    effects.push({ do: 'session', conversationId, session: agentSessionOf(next, now) ?? null });
  return {
    outcome: 'done',
    request: accepted,
    message,
    writes: { request: accepted, message, ...(next === undefined ? {} : { session: next }) },
    effects,
  };
}

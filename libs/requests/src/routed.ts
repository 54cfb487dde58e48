import { type Hop, isTerminal, lostHop, ParleyError } from '@parley/shared-models';
import { ended } from './ended.ts';
import type { ChosenAgent, Routed, Submitted } from './events.ts';
import { agentSessionOf, type SessionState, stepOnMessage, stepOnRouting } from './held-conversation.ts';
import {
  type Conversation,
  type Effect,
  type Known,
  type Moment,
  outboxEntryOf,
  placed,
  type Request,
  refused,
  statusOf,
  type Transition,
} from './request.ts';

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

/** A request is given to at most this many agents, one after another: it may be the reason that each of them vanished. */
export const MAX_ATTEMPTS = 5;

/** A message that is replayed and lost again and again is known by its latest hops. */
const MOST_HOPS = 60;

/** Somebody was chosen; of several decisions about one attempt the first one stands. */
export function routed({ request, conversation }: Known, event: Routed, { now }: Moment): Transition {
  const { attempt, decision, hops, chosen } = event;
  if (request === undefined || attempt > request.attempt) return refused('unknown', request);
  if (isTerminal(request.state)) return refused('ended', request);
  if (attempt < request.attempt) return refused('overtaken', request);
  if (request.decision !== undefined)
    return { outcome: 'repeated', request, effects: [handOver(request, request.decision)] };

  const given: Request = {
    ...request,
    state: 'routed',
    agentId: decision.agentId,
    decision,
    hops: hops.length === 0 ? request.hops : hops,
    // The broker has had it, whether or not its publisher lived to say so.
    isInOutbox: false,
    routedAt: now,
    unansweredMs: 0,
  };
  const session = sessionAfter(request, conversation, event, now);
  const effects: Effect[] = [];
  if (session !== undefined && chosen?.holdsSession === true) {
    const { conversationId } = request;
    effects.push({ do: 'session', conversationId, session: agentSessionOf(session, now) ?? null });
  }
  effects.push(handOver(given, decision));
  return {
    outcome: 'done',
    request: given,
    writes: { request: given, ...(session === undefined ? {} : { session }) },
    effects,
  };
}

const handOver = (request: Request, routing: NonNullable<Request['decision']>): Effect => ({
  do: 'hand-over',
  status: { ...statusOf(request), routing },
});

/** Undefined: it stays as it is. */
function sessionAfter(
  { hint, seq }: Request,
  conversation: Conversation | undefined,
  { decision, chosen }: { decision: Routed['decision']; chosen?: ChosenAgent | undefined },
  now: number,
): SessionState | undefined {
  if (chosen === undefined || conversation === undefined) return undefined;
  return stepOnRouting(conversation.session, hint, decision, chosen, { seq, now });
}

/** The agent that had the request is gone, or the request was lost before an agent had it: it is decided again. */
export function agentGone(known: Known, agentId: string | undefined, moment: Moment): Transition {
  const { request } = known;
  if (request === undefined) return refused('unknown');
  if (isTerminal(request.state)) return refused('ended', request);
  // A power cut may have undone the decision for this agent after its queue had the message.
  const isLost = request.agentId === undefined && !request.isInOutbox;
  if (!isLost && (agentId === undefined || request.agentId !== agentId)) return refused('not_due', request);
  if (request.attempt + 1 < MAX_ATTEMPTS) return again(known, request, moment);
  return ended(known, moment, {
    state: 'failed',
    error: {
      code: 'agent_offline',
      message: `Your message was routed ${MAX_ATTEMPTS} times, and each time the agent that had it, or its queue, went away.`,
    },
    hops: [],
  });
}

/** A dead letter sets out anew. */
export function replayed(known: Known, moment: Moment): Transition {
  const { request } = known;
  if (request === undefined) return refused('unknown');
  if (request.state !== 'dead_lettered') return refused('not_due', request);
  return again(known, request, moment);
}

function again({ asked }: Known, request: Request, { now }: Moment): Transition {
  if (asked === undefined) return refused('unknown', request);
  const next: Request = {
    ...request,
    state: 'accepted',
    attempt: request.attempt + 1,
    agentId: undefined,
    decision: undefined,
    error: undefined,
    hops: hopsWithLoss(request, now),
    isInOutbox: true,
    routedAt: undefined,
    unansweredMs: 0,
  };
  const effects = [{ do: 'publish', entry: outboxEntryOf(asked, next) }] as const;
  return { outcome: 'done', request: next, writes: { request: next }, effects };
}

/** Where it was, and that the agent which had it went away: its next hops follow on these. */
function hopsWithLoss({ state, agentId, hops }: Request, now: number): readonly Hop[] {
  const latest = hops.slice(-MOST_HOPS);
  if (agentId === undefined || isTerminal(state)) return latest;
  return [...latest, { service: lostHop(agentId), at: new Date(now).toISOString() }];
}

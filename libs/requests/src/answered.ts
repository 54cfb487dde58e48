import { type ChatMessage, isTerminal, ParleyError } from '@parley/shared-models';
import type { Replied, Settled, Speaker } from './events.ts';
import {
  type Effect,
  type Known,
  placed,
  type Request,
  refused,
  statusOf,
  type Transition,
} from './request.ts';

/**
 * An agent answers: the first answer ends the request, further ones of the same agent follow. A reply has an id that
 * follows from the request, so that a request which is handled twice is answered once.
 * @throws ParleyError `id_conflict` when its id was used for anything else than a reply of this sender to this request
 */
export function replied({ request, conversation, own }: Known, event: Replied): Transition {
  const { from, beside, hops } = event;
  if (request === undefined) return refused('unknown');
  if (own !== undefined) return repeatedReply(request, own, event);
  if (beside === undefined) {
    if (request.state === 'failed' || request.state === 'dead_lettered') return refused('ended', request);
    if (!mayAnswer(request, from)) return refused('other_agent', request);
  } else if (request.agentId === undefined ? !beside.isOwn : !isOf(request.agentId, from))
    return refused(request.agentId === undefined ? 'not_own' : 'other_agent', request);

  // An answer belongs to the conversation of its request, also where the agent names another.
  const { conversationId, messageId } = request;
  const message = placed({ ...event.reply, conversationId, inReplyTo: messageId }, conversation);
  if (beside !== undefined || request.state === 'answered')
    return { outcome: 'done', request, message, writes: { message }, effects: [{ do: 'show', message }] };
  const answered = answeredBy(request, from, hops);
  return {
    outcome: 'done',
    request: answered,
    message,
    writes: { request: answered, message },
    effects: [{ do: 'show', message, status: statusOf(answered) }, ...stopOther(request, from)],
  };
}

/** The process that stored it may have died before it told the readers. */
function repeatedReply(
  request: Request,
  own: ChatMessage,
  { reply, requestId, beside }: Replied,
): Transition {
  const isSameSender = beside !== undefined || own.sender.id === reply.sender.id;
  if (own.inReplyTo !== requestId || !isSameSender)
    throw new ParleyError('id_conflict', 'This reply id was used for another message before.');
  const effects = [{ do: 'show', message: own, status: statusOf(request) }] as const;
  return { outcome: 'repeated', request, message: own, effects };
}

/** An agent has handled the request and has nothing to say: that is its end, too. */
export function settled({ request }: Known, { from, hops }: Settled): Transition {
  if (request === undefined) return refused('unknown');
  if (!mayAnswer(request, from)) return refused('other_agent', request);
  // Told again: the process that recorded it may have died before it told anybody.
  if (request.state === 'answered')
    return { outcome: 'repeated', request, effects: [{ do: 'tell', status: statusOf(request) }] };
  if (isTerminal(request.state)) return refused('ended', request);
  const answered = answeredBy(request, from, hops);
  return {
    outcome: 'done',
    request: answered,
    writes: { request: answered },
    effects: [{ do: 'tell', status: statusOf(answered) }, ...stopOther(request, from)],
  };
}

/**
 * While no agent has the request (it is being routed again, say), the answer of one that had it is as good as any; and so
 * is that of another instance of the group, until the one that has it has answered.
 */
function mayAnswer({ agentId, state }: Request, from: Speaker): boolean {
  if (agentId === undefined || agentId === from.agentId) return true;
  return state !== 'answered' && from.isSiblingOf(agentId);
}

const isOf = (agentId: string, from: Speaker): boolean =>
  agentId === from.agentId || from.isSiblingOf(agentId);

function answeredBy(request: Request, { agentId }: Speaker, hops: Request['hops']): Request {
  return {
    ...request,
    state: 'answered',
    agentId,
    hops: hops.length === 0 ? request.hops : hops,
    isInOutbox: false,
  };
}

/** The instance that has the request need not go on with it. */
function stopOther({ messageId, agentId }: Request, from: Speaker): Effect[] {
  if (agentId === undefined || agentId === from.agentId) return [];
  return [{ do: 'cancel', requestId: messageId, agentId }];
}

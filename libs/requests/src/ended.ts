import { isTerminal, LIMITS, storableText } from '@parley/shared-models';
import type { Died, Failed, RequestError, TimedOut } from './events.ts';
import {
  type Effect,
  type Known,
  type Moment,
  placed,
  type Request,
  refused,
  statusOf,
  type Transition,
} from './request.ts';

/** How a request ends without an answer. */
interface Ending {
  readonly state: 'failed' | 'dead_lettered';
  readonly error: RequestError;
  /** Empty: those that are known. */
  readonly hops: Request['hops'];
  /** It does not count once the request is on a later attempt. @default the current one */
  readonly attempt?: number | undefined;
  /** It ended before an agent had it; that does not count once an agent has been given it. @default false */
  readonly isUnrouted?: boolean;
  /** Whether the agent that has the request has to be told. @default false */
  readonly isCancelled?: boolean;
}

/** The broker found nobody, or an agent gives up. */
export function failed(known: Known, { error, from, attempt, hops }: Failed, moment: Moment): Transition {
  const { request } = known;
  // Routed again, it is with another agent: the failure of the one that had it is not its end.
  if (from !== undefined && isWithAnother(request, from.agentId)) return refused('other_agent', request);
  return ended(known, moment, { state: 'failed', error, hops, attempt, isUnrouted: from === undefined });
}

/** A queue message of the request is among the dead letters, from where an operator can replay it. */
export function died(known: Known, { error, where, attempt, hops }: Died, moment: Moment): Transition {
  const { request } = known;
  if (typeof where === 'object' && isWithAnother(request, where.agentId))
    return refused('other_agent', request);
  const isUnrouted = where === 'unrouted';
  return ended(known, moment, { state: 'dead_lettered', error, hops, attempt, isUnrouted });
}

export function timedOut(known: Known, { error, attempt }: TimedOut, moment: Moment): Transition {
  return ended(known, moment, { state: 'failed', error, hops: [], attempt, isCancelled: true });
}

export function stopped(known: Known, moment: Moment): Transition {
  const error = { code: 'cancelled', message: 'You stopped the answer.' } as const;
  return ended(known, moment, { state: 'failed', error, hops: [], isCancelled: true });
}

export function reset(known: Known, moment: Moment): Transition {
  const error = {
    code: 'queue_reset',
    message: 'An operator emptied the queues while this message was on its way. Send it again.',
  } as const;
  return ended(known, moment, { state: 'failed', error, hops: [], isCancelled: true });
}

/** Ends the request with an ERROR message that says why, once. */
export function ended({ request, conversation, asked }: Known, moment: Moment, ending: Ending): Transition {
  if (request === undefined) return refused('unknown');
  if (request.state === 'answered') return refused('ended', request);
  const { state, error, hops, attempt, isUnrouted = false, isCancelled = false } = ending;
  const { messageId, conversationId, agentId } = request;
  const cancel: Effect[] =
    isCancelled && agentId !== undefined ? [{ do: 'cancel', requestId: messageId, agentId }] : [];
  if (isTerminal(request.state)) {
    // The process that ended it may have died before it told anybody.
    const again: Effect[] = [
      { do: 'look', conversationId },
      { do: 'tell', status: statusOf(request) },
    ];
    return { outcome: 'repeated', request, effects: [...again, ...cancel] };
  }
  const isEarlier = attempt !== undefined && attempt < request.attempt;
  if (isEarlier || (isUnrouted && request.decision !== undefined)) return refused('overtaken', request);

  const message = placed(
    {
      id: moment.newId(),
      conversationId,
      kind: 'ERROR',
      sender: { kind: 'system', id: 'parley', name: 'Parley' },
      ...(asked === undefined ? {} : { receiver: asked.sender }),
      text: storableText(error.message).slice(0, LIMITS.textLength),
      inReplyTo: messageId,
      createdAt: new Date(moment.now).toISOString(),
      metadata: { code: error.code },
    },
    conversation,
  );
  const over: Request = {
    ...request,
    state,
    hops: hops.length === 0 ? request.hops : hops,
    error,
    isInOutbox: false,
  };
  return {
    outcome: 'done',
    request: over,
    message,
    writes: { request: over, message },
    effects: [{ do: 'show', message, status: statusOf(over) }, ...cancel],
  };
}

const isWithAnother = (request: Request | undefined, agentId: string): boolean =>
  request?.agentId !== undefined && request.agentId !== agentId;

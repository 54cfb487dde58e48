import { replied, settled } from './answered.ts';
import { died, failed, reset, stopped, timedOut } from './ended.ts';
import type { RequestEvent, Speaker } from './events.ts';
import { type Known, type Moment, refused, type Transition } from './request.ts';
import { agentGone, replayed, routed, submitted } from './routed.ts';

/**
 * The life of a request, and of the session in its conversation. Pure: the store calls it inside a transaction,
 * writes its result, and the server performs the effects after the commit. Refusals, repetitions and late events are
 * decided here and nowhere else.
 *
 * ```
 * submitted ─▶ accepted ─ routed ─▶ routed ─ replied, settled ─▶ answered
 *                 ▲  │                 │
 *                 │  └─ failed, died, timed-out, stopped, reset ─▶ failed, dead_lettered
 *                 └──── agent-gone (a further attempt) ┘              │
 *                 └──── replayed (a further attempt) ◀── dead_lettered┘
 * ```
 * @throws ParleyError `forbidden`, `id_conflict`; then nothing is written
 */
export function transition(known: Known, event: RequestEvent, moment: Moment): Transition {
  const fenced = fencedSpeaker(event);
  if (fenced !== undefined) {
    const { request } = known;
    const isEarlier = request !== undefined && (fenced.attempt ?? request.attempt) < request.attempt;
    return isEarlier ? refused('overtaken', request) : agentGone(known, fenced.agentId, moment);
  }
  switch (event.type) {
    case 'submitted':
      return submitted(known, event, moment);
    case 'routed':
      return routed(known, event, moment);
    case 'replied':
      return replied(known, event);
    case 'settled':
      return settled(known, event);
    case 'failed':
      return failed(known, event, moment);
    case 'died':
      return died(known, event, moment);
    case 'agent-gone':
      return agentGone(known, event.agentId, moment);
    case 'timed-out':
      return timedOut(known, event, moment);
    case 'stopped':
      return stopped(known, moment);
    case 'replayed':
      return replayed(known, moment);
    case 'reset':
      return reset(known, moment);
  }
}

/**
 * The process that sent the event, where another one has taken its agent's id since: the event does not count, and
 * the request, which it took out of the queue, is decided again. A reply beside the answer counts all the same: its
 * sender will not send it again.
 */
function fencedSpeaker(event: RequestEvent): Speaker | undefined {
  if (!('from' in event) || event.from?.isReplaced !== true) return undefined;
  return event.type === 'replied' && event.beside !== undefined ? undefined : event.from;
}

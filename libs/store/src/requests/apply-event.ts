import { type Known, type RequestEvent, type Submitted, type Transition, transition } from '@parley/requests';
import { isTerminal, newId, storableText, type UnstoredMessage } from '@parley/shared-models';
import type { PublishedAttempt, UnansweredAttempt } from '../store.ts';
import type { Keys, Urgency, Write } from '../write-groups.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** An event of a request, as a write: reads the stored state, asks the rules, saves their result. */
export function applyEvent(given: RequestEvent): Write<Transition> {
  const event = storable(given);
  let before: Transition | undefined;
  return {
    get keys() {
      return keysOf(event, before?.message?.id);
    },
    undone() {
      before = undefined;
    },
    run(work) {
      const result = transition(knownOf(event, work), event, { now: Date.now(), newId });
      if (result.outcome === 'done') before = result;
      // Run again because nobody learned that it was committed: its effects have not been performed.
      else if (before !== undefined && wasCommitted(before, work)) return asBefore(before, result);
      const { writes } = result;
      if (writes === undefined) return result;
      if (event.type === 'submitted') work.add(writes, event.ownerId);
      else work.save(writes);
      return result;
    },
  };
}

/** A decision that a power cut undoes comes again: the broker's message is acknowledged after the effects. */
export const urgencyOf = ({ type }: RequestEvent): Urgency => (type === 'routed' ? 'prompt' : 'durable');

/** Whether the store holds the message of the transition; of one without a message: whether the request is as it left it. */
function wasCommitted({ message, request }: Transition, work: UnitOfWork): boolean {
  if (message !== undefined) return work.message(message.id) !== undefined;
  const stored = request && work.request(request.messageId);
  return (
    stored?.state === request?.state &&
    stored?.attempt === request?.attempt &&
    stored?.agentId === request?.agentId
  );
}

/** A message that another process stored meanwhile has the place that this one gave it. */
function asBefore(before: Transition, { message, request }: Transition): Transition {
  if (message === undefined) return before;
  const effects = before.effects.map((effect) => {
    if (effect.do === 'show') return { ...effect, message };
    return effect.do === 'publish' ? { ...effect, entry: { ...effect.entry, message } } : effect;
  });
  return { ...before, message, request: request ?? before.request, effects };
}

export function markPublished(published: readonly PublishedAttempt[]): Write<void> {
  return {
    keys: { requests: published.map(({ messageId }) => messageId) },
    run(work) {
      for (const { messageId, attempt } of published) {
        const request = work.request(messageId);
        // Marked late, an attempt says nothing of the one after it, which may be nowhere yet but in the outbox.
        if (request?.isInOutbox && attempt >= request.attempt)
          work.save({ request: { ...request, isInOutbox: false } });
      }
    },
  };
}

export function countUnanswered(counts: readonly UnansweredAttempt[]): Write<void> {
  return {
    keys: { requests: counts.map(({ messageId }) => messageId) },
    run(work) {
      for (const { messageId, attempt, unansweredMs } of counts) {
        const request = work.request(messageId);
        if (request === undefined || isTerminal(request.state) || request.attempt !== attempt) continue;
        work.save({ request: { ...request, unansweredMs } });
      }
    },
  };
}

/** Whether the rules look at the conversation, and at the message that the request is. */
function needsOf(event: Exclude<RequestEvent, Submitted>): { conversation: boolean; asked: boolean } {
  const isFenced = 'from' in event && event.from?.isReplaced === true;
  switch (event.type) {
    case 'routed':
      return { conversation: event.chosen !== undefined, asked: false };
    case 'replied':
      return { conversation: true, asked: isFenced };
    case 'settled':
      return { conversation: isFenced, asked: isFenced };
    default:
      return { conversation: true, asked: true };
  }
}

/** @param madeId of the message that an earlier run has made */
function keysOf(event: RequestEvent, madeId: string | undefined): Keys {
  if (event.type === 'submitted')
    return { messages: [event.message.id], conversations: [event.message.conversationId] };
  const { requestId } = event;
  const needs = needsOf(event);
  return {
    requests: [requestId],
    ...(needs.conversation ? { conversationsOf: [requestId] } : {}),
    messages: [
      ...(event.type === 'replied' ? [event.reply.id] : []),
      ...(needs.asked ? [requestId] : []),
      ...(madeId === undefined ? [] : [madeId]),
    ],
  };
}

function knownOf(event: RequestEvent, work: UnitOfWork): Known {
  if (event.type === 'submitted') {
    const { id, conversationId } = event.message;
    const conversation = work.conversation(conversationId);
    return { request: undefined, conversation, own: work.message(id), asked: undefined };
  }
  const needs = needsOf(event);
  const request = work.request(event.requestId);
  return {
    request,
    conversation:
      needs.conversation && request !== undefined ? work.conversation(request.conversationId) : undefined,
    own: event.type === 'replied' ? work.message(event.reply.id) : undefined,
    asked: needs.asked ? work.message(event.requestId) : undefined,
  };
}

/**
 * The event with the text of its message as every database can hold it. Done before anything is compared, or a
 * message with NUL would not be recognised when it is sent again.
 */
function storable(event: RequestEvent): RequestEvent {
  if (event.type === 'submitted') {
    const message = storableMessage(event.message);
    return message === event.message ? event : { ...event, message };
  }
  if (event.type !== 'replied') return event;
  const reply = storableMessage(event.reply);
  return reply === event.reply ? event : { ...event, reply };
}

function storableMessage(message: UnstoredMessage): UnstoredMessage {
  const { sender } = message;
  const text = storableText(message.text);
  const [id, name] = [storableText(sender.id), storableText(sender.name)];
  const isStorable = text === message.text && id === sender.id && name === sender.name;
  return isStorable ? message : { ...message, text, sender: { ...sender, id, name } };
}

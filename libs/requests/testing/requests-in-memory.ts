import { type ChatMessage, newId } from '@parley/shared-models';
import type { RequestEvent } from '../src/events.ts';
import type { Conversation, Request, Transition } from '../src/request.ts';
import { transition } from '../src/transition.ts';
import { aMessage, aRouting } from './samples.ts';

/** Requests and conversations as a store keeps them: each event finds the writes of those before it. */
export interface RequestsInMemory {
  /** Milliseconds since 1970. */
  now: number;
  readonly requests: Map<string, Request>;
  readonly conversations: ReadonlyMap<string, Conversation>;
  apply(event: RequestEvent): Transition;
  /** The request has left the outbox: the queue holds it. */
  markPublished(requestId: string): void;
  /** A request that waits in the outbox. */
  submitted(fields?: Partial<ChatMessage>): ChatMessage;
  /** A request that the agent has. */
  routed(agentId?: string): ChatMessage;
}

export function createRequestsInMemory(): RequestsInMemory {
  const requests = new Map<string, Request>();
  const conversations = new Map<string, Conversation>();
  const messages = new Map<string, ChatMessage>();

  const save = ({ writes = {} }: Transition, event: RequestEvent): void => {
    const { request, message, session } = writes;
    if (request !== undefined) requests.set(request.messageId, request);
    const id = (request ?? message)?.conversationId ?? '';
    const known = conversations.get(id);
    const ownerId = event.type === 'submitted' ? event.ownerId : '';
    if (message !== undefined) messages.set(message.id, message);
    conversations.set(id, {
      id,
      ownerId: known?.ownerId ?? ownerId,
      lastSeq: message?.seq ?? known?.lastSeq ?? 0,
      session: session ?? known?.session,
    });
  };

  const memory: RequestsInMemory = {
    now: 1_767_225_600_000,
    requests,
    conversations,
    apply(event) {
      const request = event.type === 'submitted' ? undefined : requests.get(event.requestId);
      const conversationId =
        event.type === 'submitted' ? event.message.conversationId : request?.conversationId;
      const ownId =
        event.type === 'submitted' ? event.message.id : event.type === 'replied' ? event.reply.id : '';
      const known = {
        request,
        conversation: conversations.get(conversationId ?? ''),
        own: messages.get(ownId),
        asked: messages.get(request?.messageId ?? ''),
      };
      const result = transition(known, event, { now: memory.now, newId });
      if (result.writes !== undefined) save(result, event);
      return result;
    },
    markPublished(requestId) {
      const request = requests.get(requestId);
      if (request !== undefined) requests.set(requestId, { ...request, isInOutbox: false });
    },
    submitted(fields) {
      const { message } = memory.apply({ type: 'submitted', message: aMessage(fields), ownerId: 'ada' });
      if (message === undefined) throw new Error('the message is not stored');
      return message;
    },
    routed(agentId) {
      const message = memory.submitted();
      memory.apply({ type: 'routed', ...aRouting(message.id, agentId) });
      return message;
    },
  };
  return memory;
}

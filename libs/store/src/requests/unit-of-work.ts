import type { Conversation, Request, Transition } from '@parley/requests';
import type { ChatMessage } from '@parley/shared-models';
import { previewOf, titleOf } from './conversation-text.ts';

/** What is stored, as a driver finds it inside the transaction. */
export interface Lookups {
  message(id: string): ChatMessage | undefined;
  request(messageId: string): Request | undefined;
  conversation(id: string): Conversation | undefined;
}

/** A conversation that some of the writes have changed, as it is after all of them. */
export interface ChangedConversation {
  readonly conversation: Conversation;
  /** Beginning of the last message that was added; undefined: none was. */
  readonly preview: string | undefined;
  /** Undefined: it was there before. */
  readonly made: { readonly title: string; readonly createdAt: string } | undefined;
}

/** What a group of writes has changed: one row for each thing, however many of them changed it. */
export interface Changes {
  readonly conversations: readonly ChangedConversation[];
  readonly messages: readonly ChatMessage[];
  readonly newRequests: readonly Request[];
  readonly requests: readonly Request[];
}

/**
 * The view of the store that a group of writes shares: each sees what those before it have changed, and all changes are
 * written at the end, once for each row. See Fowler, Patterns of Enterprise Application Architecture, "Unit of Work".
 */
export interface UnitOfWork extends Lookups {
  /** Takes what the transition writes. @param ownerId of the conversation, should it have to be made */
  save(writes: NonNullable<Transition['writes']>, ownerId?: string): void;
  changes(): Changes;
}

export function createUnitOfWork(stored: Lookups): UnitOfWork {
  const requests = new Map<string, Request | undefined>();
  const conversations = new Map<string, Conversation | undefined>();
  const added = new Map<string, ChatMessage>();
  const changedConversations = new Map<string, ChangedConversation>();
  const newRequests = new Set<string>();
  const changedRequests = new Set<string>();

  const found = <T>(known: Map<string, T | undefined>, id: string, find: (id: string) => T | undefined) => {
    if (!known.has(id)) known.set(id, find(id));
    return known.get(id);
  };
  const conversation = (id: string): Conversation | undefined =>
    found(conversations, id, stored.conversation);
  const request = (id: string): Request | undefined => found(requests, id, stored.request);

  const change = (next: Conversation, preview?: string, made?: ChangedConversation['made']): void => {
    const before = changedConversations.get(next.id);
    conversations.set(next.id, next);
    changedConversations.set(next.id, {
      conversation: next,
      preview: preview ?? before?.preview,
      made: made ?? before?.made,
    });
  };

  const append = (message: ChatMessage, ownerId: string | undefined): void => {
    const { conversationId: id, seq, text } = message;
    const known = conversation(id);
    added.set(message.id, message);
    if (known !== undefined) change({ ...known, lastSeq: seq }, previewOf(text));
    else if (ownerId === undefined) throw new Error(`there is no conversation ${id}`);
    else {
      const made = { title: titleOf(text), createdAt: message.createdAt };
      change({ id, ownerId, lastSeq: seq, session: undefined }, previewOf(text), made);
    }
  };

  const saveRequest = (next: Request): void => {
    const { messageId } = next;
    const isNew = newRequests.has(messageId) || request(messageId) === undefined;
    (isNew ? newRequests : changedRequests).add(messageId);
    requests.set(messageId, next);
  };

  const rowsOf = (ids: Set<string>): Request[] => [...ids].flatMap((id) => requests.get(id) ?? []);

  return {
    message: (id) => added.get(id) ?? stored.message(id),
    request,
    conversation,
    save(writes, ownerId) {
      if (writes.message !== undefined) append(writes.message, ownerId);
      if (writes.request !== undefined) saveRequest(writes.request);
      if (writes.session === undefined) return;
      const id = (writes.request ?? writes.message)?.conversationId ?? '';
      const known = conversation(id);
      if (known === undefined) throw new Error(`there is no conversation ${id}`);
      change({ ...known, session: writes.session });
    },
    changes: () => ({
      conversations: [...changedConversations.values()],
      messages: [...added.values()],
      newRequests: rowsOf(newRequests),
      requests: rowsOf(changedRequests),
    }),
  };
}

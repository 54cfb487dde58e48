import type { Conversation, Request, Transition } from '@parley/requests';
import { type ChatMessage, withoutHidden } from '@parley/shared-models';

/** The stored rows, as a driver finds them inside the transaction. */
export interface Lookups {
  message(id: string): ChatMessage | undefined;
  request(messageId: string): Request | undefined;
  conversation(id: string): Conversation | undefined;
}

/** A conversation that some of the writes have changed, as it is after all of them. */
export interface ChangedConversation {
  readonly conversation: Conversation;
  /** Beginning of the last message that was added; undefined: no message was added. */
  readonly preview: string | undefined;
  /** Undefined: it was there before. */
  readonly made: { readonly title: string; readonly createdAt: string } | undefined;
}

/** The changes of a group of writes: each row once, however many writes changed it. */
export interface Changes {
  readonly conversations: readonly ChangedConversation[];
  readonly messages: readonly ChatMessage[];
  readonly newRequests: readonly Request[];
  readonly requests: readonly Request[];
}

/**
 * The view of the store that a group of writes shares: each sees the changes of those before it, and all changes are
 * written at the end, once for each row. See Fowler, Patterns of Enterprise Application Architecture, "Unit of Work".
 */
export interface UnitOfWork extends Lookups {
  /** Takes the writes of a transition of a known request. */
  save(writes: NonNullable<Transition['writes']>): void;
  /** Takes a new request. @param ownerId of its conversation, should that have to be made */
  add(writes: NonNullable<Transition['writes']>, ownerId: string): void;
  changes(): Changes;
}

export function createUnitOfWork(stored: Lookups): UnitOfWork {
  const requests = new Map<string, Request | undefined>();
  const conversations = new Map<string, Conversation | undefined>();
  const added = new Map<string, ChatMessage>();
  const changedConversations = new Map<string, ChangedConversation>();
  const newRequests = new Map<string, Request>();
  const changedRequests = new Map<string, Request>();

  const found = <T>(known: Map<string, T | undefined>, id: string, find: (id: string) => T | undefined) => {
    const before = known.get(id);
    if (before !== undefined || known.has(id)) return before;
    const row = find(id);
    known.set(id, row);
    return row;
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

  const take = (
    { message, request, session }: NonNullable<Transition['writes']>,
    rows: Map<string, Request>,
    ownerId?: string,
  ): void => {
    if (message !== undefined) append(message, ownerId);
    if (request !== undefined) {
      rows.set(request.messageId, request);
      requests.set(request.messageId, request);
    }
    if (session === undefined) return;
    const id = (request ?? message)?.conversationId ?? '';
    const known = conversation(id);
    if (known === undefined) throw new Error(`there is no conversation ${id}`);
    change({ ...known, session });
  };

  return {
    message: (id) => added.get(id) ?? stored.message(id),
    request,
    conversation,
    save(writes) {
      const isNew = writes.request !== undefined && newRequests.has(writes.request.messageId);
      take(writes, isNew ? newRequests : changedRequests);
    },
    add: (writes, ownerId) => take(writes, newRequests, ownerId),
    changes: () => ({
      conversations: [...changedConversations.values()],
      messages: [...added.values()],
      newRequests: [...newRequests.values()],
      requests: [...changedRequests.values()],
    }),
  };
}

const TITLE_LENGTH = 80;
const PREVIEW_LENGTH = 140;

/** A conversation's title from its first message: the first line that says something. */
function titleOf(text: string): string {
  const line = text.trimStart().split(/[\r\n]/, 1)[0] ?? '';
  return shorten(line, TITLE_LENGTH) || 'New conversation';
}

/** The beginning of a message, in one line. */
function previewOf(text: string): string {
  return shorten(text, PREVIEW_LENGTH);
}

function shorten(text: string, length: number): string {
  // Long texts are cut before they are searched for white space.
  const line = withoutHidden(text.slice(0, length * 4), '')
    .trim()
    .replace(/\s+/g, ' ');
  if (line.length <= length) return line;
  // The cut may have gone through a surrogate pair.
  return `${line
    .slice(0, length - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()}…`;
}

import type { ChatMessage } from '@parley/shared-models';
import type { ConversationHead, NewConversation, RequestRow, Workspace } from '../rules/workspace.ts';

/** What a group of writes looks at, as it was read from the database under locks. */
export interface Loaded {
  readonly conversations: readonly ConversationHead[];
  readonly requests: readonly RequestRow[];
  readonly messages: readonly ChatMessage[];
}

/** What the writes have changed, one row for each thing. */
export interface Changes {
  readonly newConversations: readonly (NewConversation & ConversationChange)[];
  readonly conversations: readonly ConversationChange[];
  readonly newMessages: readonly ChatMessage[];
  readonly sessions: readonly { readonly id: string; readonly session: string }[];
  readonly newRequests: readonly RequestRow[];
  readonly requests: readonly RequestRow[];
}

export interface ConversationChange {
  readonly id: string;
  readonly lastSeq: number;
  readonly preview: string;
}

/** The rules' view of what was loaded: they change it here, and all changes are written at once. */
export function createLoadedWorkspace(loaded: Loaded): { workspace: Workspace; changes(): Changes } {
  const heads = new Map(loaded.conversations.map((head) => [head.id, head]));
  const requests = new Map(loaded.requests.map((row) => [row.messageId, row]));
  const messages = new Map(loaded.messages.map((message) => [message.id, message]));
  const newConversations = new Map<string, NewConversation>();
  const previews = new Map<string, string>();
  const sessions = new Map<string, string>();
  const newMessages: ChatMessage[] = [];
  const newRequests = new Set<string>();
  const changedRequests = new Set<string>();

  const workspace: Workspace = {
    message: (id) => messages.get(id),
    request: (messageId) => requests.get(messageId),
    conversation: (id) => heads.get(id),
    addConversation(conversation) {
      newConversations.set(conversation.id, conversation);
      const { id, ownerId } = conversation;
      heads.set(id, { id, ownerId, lastSeq: 0, session: undefined });
    },
    append(message, preview) {
      const head = heads.get(message.conversationId);
      if (head === undefined) throw new Error(`conversation ${message.conversationId} was not loaded`);
      heads.set(head.id, { ...head, lastSeq: message.seq });
      previews.set(head.id, preview);
      messages.set(message.id, message);
      newMessages.push(message);
    },
    saveSession(conversationId, session) {
      const head = heads.get(conversationId);
      if (head === undefined) throw new Error(`conversation ${conversationId} was not loaded`);
      heads.set(conversationId, { ...head, session });
      sessions.set(conversationId, session);
    },
    addRequest(row) {
      requests.set(row.messageId, row);
      newRequests.add(row.messageId);
    },
    saveRequest(row) {
      requests.set(row.messageId, row);
      if (!newRequests.has(row.messageId)) changedRequests.add(row.messageId);
    },
  };

  const changeOf = (id: string, preview: string): ConversationChange => ({
    id,
    lastSeq: heads.get(id)?.lastSeq ?? 0,
    preview,
  });
  const rowsOf = (ids: Iterable<string>): RequestRow[] => [...ids].flatMap((id) => requests.get(id) ?? []);

  return {
    workspace,
    changes: () => ({
      newConversations: [...newConversations.values()].map((conversation) => ({
        ...conversation,
        ...changeOf(conversation.id, previews.get(conversation.id) ?? ''),
      })),
      conversations: [...previews]
        .filter(([id]) => !newConversations.has(id))
        .map(([id, preview]) => changeOf(id, preview)),
      sessions: [...sessions].map(([id, session]) => ({ id, session })),
      newMessages,
      newRequests: rowsOf(newRequests),
      requests: rowsOf(changedRequests),
    }),
  };
}

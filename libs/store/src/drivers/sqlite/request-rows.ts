import type { Conversation, Request } from '@parley/requests';
import { type ChatMessage, isTerminal } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import {
  type Changes,
  createUnitOfWork,
  type Lookups,
  type UnitOfWork,
} from '../../requests/unit-of-work.ts';
import {
  type HeadRow,
  headOf,
  jsonColumnsOf,
  MESSAGE_COLUMNS,
  messageOf,
  REQUEST_COLUMNS,
  requestOf,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../../rows.ts';

/**
 * Rows of each kind that are kept in memory, at most twice as many. A request is kept while it is open, and known by the
 * next two events.
 */
const KEPT_ROWS = 10_000;

/** The rows of requests and conversations in the file. All but `forget` only for use inside a transaction. */
export interface RequestRows {
  /** Begins a unit of work. */
  begin(): UnitOfWork;
  /** Writes the changes of the unit of work. */
  write(work: UnitOfWork): Changes;
  /** The changes written last are committed: their rows are known from now on without being read again. */
  committed(changes: Changes): void;
  /** The known rows may differ from the file: rolled back, or changed by other statements. */
  forget(): void;
}

export function createRequestRows(prepare: Prepare, now: () => number): RequestRows {
  const findMessage = prepare.one<StoredMessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ?`);
  const findRequest = prepare.one<StoredRequestRow>(
    `SELECT ${REQUEST_COLUMNS} FROM requests WHERE message_id = ?`,
  );
  const findConversation = prepare.one<HeadRow>(
    'SELECT id, owner_id, last_seq, session FROM conversations WHERE id = ?',
  );
  // Changes with each commit by another connection, not with those by this one.
  const dataVersion = prepare.one<{ data_version: number }>('PRAGMA data_version');
  const insertConversation = prepare.change(
    `INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview, session)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateConversation = prepare.change(
    // One that was removed begins anew where it ended.
    `UPDATE conversations SET last_seq = ?1, updated_at = ?2, preview = ?3, session = ?4,
      title = iif(is_removed, ?3, title), is_removed = 0
    WHERE id = ?5`,
  );
  const updateSession = prepare.change('UPDATE conversations SET session = ? WHERE id = ?');
  const insertMessage = prepare.change(
    `INSERT INTO messages (${MESSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertRequest = prepare.change(
    `INSERT INTO requests (${REQUEST_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateRequest = prepare.change(`
    UPDATE requests SET state = ?, attempt = ?, agent_id = ?, routing = ?, hops = ?, error = ?,
      outbox_since = iif(?, coalesce(outbox_since, ?), NULL), leased_until = NULL, routed_at = ?, unanswered_ms = ?
    WHERE message_id = ?`);

  const requests = createKept<Request>();
  const conversations = createKept<Conversation>();
  let version: number | undefined;

  const forget = (): void => {
    requests.clear();
    conversations.clear();
  };

  const lookups: Lookups = {
    message(id) {
      const row = findMessage(id);
      return row === undefined ? undefined : messageOf(row);
    },
    request(id) {
      const kept = requests.get(id);
      if (kept !== undefined) return kept;
      const row = findRequest(id);
      return row === undefined ? undefined : requestOf(row);
    },
    conversation(id) {
      const kept = conversations.get(id);
      if (kept !== undefined) return kept;
      const row = findConversation(id);
      if (row === undefined) return undefined;
      const head = headOf(row);
      conversations.set(id, head);
      return head;
    },
  };

  const addMessage = (message: ChatMessage): void => {
    const { id, conversationId, seq, kind, sender, receiver, text, inReplyTo, createdAt, metadata } = message;
    insertMessage(
      id,
      conversationId,
      seq,
      kind,
      sender.kind,
      sender.id,
      sender.name,
      receiver === undefined ? null : JSON.stringify(receiver),
      text,
      inReplyTo ?? null,
      createdAt,
      metadata === undefined ? null : JSON.stringify(metadata),
    );
  };

  const addRequest = (request: Request, at: number): void => {
    const { target, session, routing, hops, error } = jsonColumnsOf(request);
    insertRequest(
      request.messageId,
      request.conversationId,
      request.seq,
      target,
      session,
      request.state,
      request.attempt,
      request.agentId ?? null,
      routing,
      hops,
      error,
      request.isInOutbox ? at : null,
      request.timeoutMs ?? null,
      request.routedAt ?? null,
      request.unansweredMs,
    );
  };

  const saveRequest = (request: Request, at: number): void => {
    const { routing, hops, error } = jsonColumnsOf(request);
    updateRequest(
      request.state,
      request.attempt,
      request.agentId ?? null,
      routing,
      hops,
      error,
      request.isInOutbox ? 1 : 0,
      at,
      request.routedAt ?? null,
      request.unansweredMs,
      request.messageId,
    );
  };

  return {
    begin() {
      const found = dataVersion()?.data_version;
      if (found !== version) forget();
      version = found;
      return createUnitOfWork(lookups);
    },
    write(work) {
      const at = now();
      const changes = work.changes();
      for (const { conversation, preview, made } of changes.conversations) {
        const { id, ownerId, lastSeq } = conversation;
        const session = conversation.session === undefined ? null : JSON.stringify(conversation.session);
        if (made !== undefined)
          insertConversation(id, ownerId, made.title, made.createdAt, at, lastSeq, preview ?? '', session);
        else if (preview !== undefined) updateConversation(lastSeq, at, preview, session, id);
        else updateSession(session, id);
      }
      for (const message of changes.messages) addMessage(message);
      for (const request of changes.newRequests) addRequest(request, at);
      for (const request of changes.requests) saveRequest(request, at);
      return changes;
    },
    committed(changes) {
      for (const { conversation } of changes.conversations) conversations.set(conversation.id, conversation);
      for (const rows of [changes.newRequests, changes.requests])
        for (const request of rows)
          if (isTerminal(request.state)) requests.delete(request.messageId);
          else requests.set(request.messageId, request);
    },
    forget,
  };
}

/** The rows that were set last. Two generations: to find the oldest of many in one `Map` takes the longer the more it has lost. */
function createKept<T>(): Pick<Map<string, T>, 'clear' | 'delete' | 'get'> & {
  set(id: string, row: T): void;
} {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return {
    get: (id) => young.get(id) ?? old.get(id),
    set(id, row) {
      if (young.size >= KEPT_ROWS) {
        old = young;
        young = new Map();
      }
      young.set(id, row);
    },
    delete(id) {
      const wasOld = old.delete(id);
      return young.delete(id) || wasOld;
    },
    clear() {
      young.clear();
      old.clear();
    },
  };
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AgentProfile, AgentState, DeadLetter } from '@parley/shared-models';
import {
  type ConversationRow,
  conversationOf,
  type MessageRow,
  messageOf,
  outboxEntryOf,
  statusOf,
} from '../message-row.ts';
import type { Store, StoredAgent } from '../store.ts';
import { createMessageStatements } from './message-statements.ts';
import { createRequestWrites } from './request-writes.ts';
import { migrate } from './schema.ts';
import { storeError } from './store-error.ts';
import { createWriteGroup } from './write-group.ts';

export interface SqliteStoreOptions {
  /** Folder of `parley.sqlite`; made if it is not there. */
  readonly dataDir: string;
}

/** Another process may hold the lock for this long, in milliseconds, e.g. a backup. */
const BUSY_TIMEOUT_MS = 5000;

interface AgentRow {
  readonly agent_id: string;
  readonly profile: string;
  readonly state: AgentState;
  readonly incarnation: number;
  readonly last_seen: string;
}

/** The store in one SQLite file. `synchronous=FULL`: what was resolved survives a power cut. */
export function openSqliteStore({ dataDir }: SqliteStoreOptions): Store {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(path.join(dataDir, 'parley.sqlite'), { timeout: BUSY_TIMEOUT_MS });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  migrate(database);

  const group = createWriteGroup(database);
  const { write } = group;
  const messages = createMessageStatements(database);
  const requests = createRequestWrites(database, messages);
  let isClosed = false;

  const deleteOutbox = database.prepare('DELETE FROM outbox WHERE message_id = ?');
  const dueOutbox = database.prepare(
    `SELECT m.* FROM outbox o JOIN messages m ON m.id = o.message_id
     WHERE o.created_at <= ? AND o.leased_until <= ? ORDER BY o.message_id LIMIT ?`,
  );
  const leaseOutbox = database.prepare('UPDATE outbox SET leased_until = ? WHERE message_id = ?');
  const ownerOf = database.prepare('SELECT owner_id FROM conversations WHERE id = ?');
  const messagesAfter = database.prepare(
    'SELECT * FROM messages WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const messagesBefore = database.prepare(
    'SELECT * FROM messages WHERE conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
  );
  const newestConversations = database.prepare(
    'SELECT * FROM conversations WHERE owner_id = ? ORDER BY updated_at DESC, id DESC LIMIT ?',
  );
  const searchConversations = database.prepare(
    `SELECT * FROM conversations c WHERE owner_id = ?1 AND (title LIKE ?2 ESCAPE '\\' OR EXISTS (
       SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.text LIKE ?2 ESCAPE '\\'))
     ORDER BY updated_at DESC, id DESC LIMIT ?3`,
  );
  const rename = database.prepare('UPDATE conversations SET title = ? WHERE id = ? RETURNING *');
  const upsertAgent = database.prepare(
    `INSERT INTO agents (agent_id, profile, state, incarnation, last_seen) VALUES (?, ?, 'online', 1, ?)
     ON CONFLICT DO UPDATE SET profile = excluded.profile, last_seen = excluded.last_seen,
       incarnation = incarnation + 1, is_removed = 0,
       state = CASE WHEN state = 'paused' AND is_removed = 0 THEN 'paused' ELSE 'online' END
     RETURNING *`,
  );
  const setState = database.prepare('UPDATE agents SET state = ?, last_seen = ? WHERE agent_id = ?');
  const removeAgent = database.prepare(
    "UPDATE agents SET is_removed = 1, state = 'offline' WHERE agent_id = ?",
  );
  const listAgents = database.prepare('SELECT * FROM agents WHERE is_removed = 0 ORDER BY agent_id');
  const insertLetter = database.prepare(
    'INSERT INTO dead_letters (id, died_at, state, letter) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const listLetters = database.prepare(
    'SELECT state, letter FROM dead_letters WHERE ?1 IS NULL OR state = ?1 ORDER BY died_at DESC, id DESC LIMIT ?2',
  );
  const getLetter = database.prepare('SELECT state, letter FROM dead_letters WHERE id = ?');
  const setLetterState = database.prepare(
    "UPDATE dead_letters SET state = ? WHERE id = ? AND state = 'dead'",
  );
  const ping = database.prepare('SELECT 1 FROM conversations LIMIT 1');

  const read = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw storeError(error);
    }
  };

  return {
    kind: 'sqlite',
    accept: (input) => write(() => requests.accept(input)),
    markPublished: (messageIds) =>
      write(() => {
        for (const messageId of messageIds) deleteOutbox.run(messageId);
      }),
    takeOutbox: ({ limit, olderThanMs, leaseMs }) =>
      write(() => {
        const now = Date.now();
        const rows = dueOutbox.all(now - olderThanMs, now, limit) as unknown as MessageRow[];
        for (const row of rows) leaseOutbox.run(now + leaseMs, row.id);
        return rows.map(outboxEntryOf);
      }),
    recordRouting: (...args) => write(() => requests.recordRouting(...args)),
    markDelivered: (messageIds) => write(() => requests.markDelivered(messageIds)),
    reopen: (messageId, agentId) => write(() => requests.reopen(messageId, agentId)),
    revive: (messageId) => write(() => requests.revive(messageId)),
    storeReply: (input) => write(() => requests.storeReply(input)),
    settle: (...args) => write(() => requests.settle(...args)),
    fail: (input) => write(() => requests.fail(input)),

    getMessage: (messageId) =>
      read(() => {
        const row = messages.findMessage(messageId);
        if (row === undefined) return undefined;
        const { owner_id: ownerId } = ownerOf.get(row.conversation_id) as { owner_id: string };
        const status = statusOf(row);
        return { message: messageOf(row), ownerId, ...(status === undefined ? {} : { status }) };
      }),
    listMessages: (conversationId, { afterSeq = 0, beforeSeq, limit }) =>
      read(() => {
        const found =
          beforeSeq === undefined
            ? messagesAfter.all(conversationId, afterSeq, limit + 1)
            : messagesBefore.all(conversationId, beforeSeq, limit + 1);
        const page = (found as unknown as MessageRow[]).slice(0, limit);
        const rows = beforeSeq === undefined ? page : page.reverse();
        const statuses = rows.flatMap((row) => statusOf(row) ?? []);
        return { messages: rows.map(messageOf), statuses, hasMore: found.length > limit };
      }),

    getConversation: (conversationId) =>
      read(() => {
        const row = messages.findConversation(conversationId);
        return row === undefined ? undefined : conversationOf(row);
      }),
    listConversations: (ownerId, { limit, search }) =>
      read(() => {
        const pattern = `%${(search ?? '').replace(/[\\%_]/g, '\\$&')}%`;
        const rows =
          search === undefined
            ? newestConversations.all(ownerId, limit)
            : searchConversations.all(ownerId, pattern, limit);
        return (rows as unknown as ConversationRow[]).map(conversationOf);
      }),
    renameConversation: (conversationId, title) =>
      write(() => {
        const row = rename.get(title, conversationId) as ConversationRow | undefined;
        return row === undefined ? undefined : conversationOf(row);
      }),

    registerAgent: (agentId, profile) =>
      write(() =>
        agentOf(
          upsertAgent.get(agentId, JSON.stringify(profile), new Date().toISOString()) as unknown as AgentRow,
        ),
      ),
    setAgentState: (agentId, state) =>
      write(() => {
        setState.run(state, new Date().toISOString(), agentId);
      }),
    removeAgent: (agentId) =>
      write(() => {
        removeAgent.run(agentId);
      }),
    listAgents: () => read(() => (listAgents.all() as unknown as AgentRow[]).map(agentOf)),

    addDeadLetter: (letter) =>
      write(() => {
        insertLetter.run(letter.id, letter.diedAt, letter.state, JSON.stringify(letter));
      }),
    listDeadLetters: ({ limit, state }) =>
      read(() => (listLetters.all(state ?? null, limit) as unknown as LetterRow[]).map(letterOf)),
    getDeadLetter: (id) =>
      read(() => {
        const row = getLetter.get(id) as LetterRow | undefined;
        return row === undefined ? undefined : letterOf(row);
      }),
    setDeadLetterState: (id, state) => write(() => setLetterState.run(state, id).changes > 0),

    check: () =>
      read(() => {
        ping.get();
      }),
    async close() {
      await group.settled();
      if (isClosed) return;
      isClosed = true;
      database.close();
    },
  };
}

interface LetterRow {
  readonly state: DeadLetter['state'];
  readonly letter: string;
}

const letterOf = (row: LetterRow): DeadLetter => ({
  ...(JSON.parse(row.letter) as DeadLetter),
  state: row.state,
});

const agentOf = (row: AgentRow): StoredAgent => ({
  agentId: row.agent_id,
  profile: JSON.parse(row.profile) as AgentProfile,
  state: row.state,
  incarnation: row.incarnation,
  lastSeen: row.last_seen,
});

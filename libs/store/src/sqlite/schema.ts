import type { DatabaseSync } from 'node:sqlite';

/** Each runs once, in order; `user_version` counts those that ran. Never edit one that has shipped. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    preview TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at DESC);

  CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sender_kind TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    receiver TEXT,
    text TEXT NOT NULL,
    in_reply_to TEXT,
    created_at TEXT NOT NULL,
    metadata TEXT,
    -- Only for requests: where they stand.
    state TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,
    target TEXT,
    routing TEXT,
    routed_attempt INTEGER,
    hops TEXT,
    answered_by TEXT,
    error TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX messages_by_seq ON messages (conversation_id, seq);

  CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY REFERENCES messages (id),
    created_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE agents (
    agent_id TEXT PRIMARY KEY,
    profile TEXT NOT NULL,
    state TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    last_seen TEXT NOT NULL,
    -- Removed ones stay as rows, so that a later registration gets a larger incarnation.
    is_removed INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY,
    died_at TEXT NOT NULL,
    state TEXT NOT NULL,
    letter TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dead_letters_by_time ON dead_letters (died_at DESC);
  `,
];

export function migrate(database: DatabaseSync): void {
  const { user_version: done } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  for (let version = done; version < MIGRATIONS.length; version++) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}

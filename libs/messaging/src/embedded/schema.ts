/** `messages.state` */
export const STATE = {
  /** Waits to be handed out. */
  ready: 0,
  /** Handed out. */
  inHand: 1,
  /** Its handler failed; it becomes ready again after a delay. */
  delayed: 2,
} as const;

/**
 * Each entry brings the file from the version of its index to the next (`PRAGMA user_version`).
 *
 * - Ids are never used again (AUTOINCREMENT): an acknowledgement that comes too late must not hit another message.
 * - `messages` holds the columns that change while a message is handed out, `envelopes` those that do not: so a hand-out
 * rewrites   some twenty bytes and not the body.
 * - A row of type `batch` holds `items` messages. Its id is the place of the last one; those before it are reserved for
 * the   others, so that a batch that is taken apart keeps its order.
 * - No times: clocks jump.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    is_single_active INTEGER NOT NULL CHECK (is_single_active IN (0, 1)),
    active_consumer INTEGER
  ) STRICT;

  CREATE TABLE instances (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bus_key TEXT NOT NULL,
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT NOT NULL,
    address TEXT,
    secret TEXT NOT NULL,
    beat INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE consumers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    queue TEXT NOT NULL
  ) STRICT;
  CREATE INDEX consumers_by_queue ON consumers (queue);
  CREATE INDEX consumers_by_instance ON consumers (instance_id);

  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id INTEGER NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),
    owner INTEGER,
    redeliveries INTEGER NOT NULL DEFAULT 0 CHECK (redeliveries BETWEEN 0 AND 2147483647)
  ) STRICT;
  CREATE INDEX messages_by_queue ON messages (queue_id, state, id);
  CREATE INDEX messages_by_owner ON messages (owner) WHERE owner IS NOT NULL;

  CREATE TABLE envelopes (
    id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    correlation_id TEXT,
    type TEXT NOT NULL,
    timestamp INTEGER NOT NULL CHECK (timestamp BETWEEN 0 AND 9007199254740991),
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;

  CREATE TABLE room_probe (filling BLOB NOT NULL) STRICT;
  `,
  `
  CREATE TABLE bindings (
    channel TEXT NOT NULL,
    type TEXT NOT NULL,
    queue_id INTEGER NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    PRIMARY KEY (channel, type, queue_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX bindings_by_queue ON bindings (queue_id);
  `,
  `
  ALTER TABLE messages ADD COLUMN items INTEGER NOT NULL DEFAULT 1 CHECK (items >= 1);
  DROP INDEX messages_by_owner;
  DROP INDEX messages_by_queue;
  CREATE INDEX messages_by_queue ON messages (queue_id, state, id, items);
  `,
  // One process has the file: its consumers, and the messages in hand of each, are in its memory.
  `
  DROP TABLE consumers;
  DROP TABLE instances;
  ALTER TABLE queues DROP COLUMN active_consumer;
  ALTER TABLE queues DROP COLUMN is_single_active;
  ALTER TABLE messages DROP COLUMN owner;
  `,
];

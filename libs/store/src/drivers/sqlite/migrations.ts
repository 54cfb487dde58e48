/** Versions 1 to 13, counted by `user_version`; those after them are in records/migrations.ts. Never change one. */
export const FIRST_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at INTEGER NOT NULL, -- milliseconds since 1970, as all integers that are times
    last_seq INTEGER NOT NULL DEFAULT 0,
    preview TEXT NOT NULL DEFAULT ''
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at);

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
    UNIQUE (conversation_id, seq)
  ) STRICT;

  -- Where each message that a person sent stands. Apart from the message, which may be long and never changes.
  CREATE TABLE requests (
    message_id TEXT PRIMARY KEY REFERENCES messages (id),
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    target TEXT,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    agent_id TEXT,
    routing TEXT,
    hops TEXT NOT NULL,
    error TEXT,
    outbox_since INTEGER, -- null: not in the outbox
    leased_until INTEGER
  ) STRICT;
  CREATE INDEX requests_in_outbox ON requests (outbox_since) WHERE outbox_since IS NOT NULL;

  CREATE TABLE agents (
    agent_id TEXT PRIMARY KEY,
    profile TEXT NOT NULL,
    state TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    is_removed INTEGER NOT NULL DEFAULT 0 -- a removed agent keeps its incarnation
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    letter TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_by_state ON dead_letters (state, number);

  -- Written to by check(), to see whether there is room.
  CREATE TABLE room_probe (filling BLOB NOT NULL) STRICT;
  `,
  // The agent that holds the conversation, or had its last message; the hint of each message.
  `
  ALTER TABLE conversations ADD COLUMN session TEXT;
  ALTER TABLE requests ADD COLUMN session TEXT;
  `,
  // The memory of agents: every version of every key.
  `
  CREATE TABLE memory (
    subject TEXT NOT NULL,
    agent_group TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT, -- null: this version is a deletion
    write_id TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (subject, agent_group, key, version)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX memory_by_write ON memory (write_id, subject, agent_group, key) WHERE write_id IS NOT NULL;
  `,
  // Events of the channels, in the order in which they were logged.
  `
  CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    type TEXT NOT NULL,
    correlation_id TEXT,
    event TEXT NOT NULL,
    outbox_since INTEGER, -- null: not in the outbox
    leased_until INTEGER
  ) STRICT;
  CREATE INDEX events_by_channel ON events (channel, number);
  CREATE INDEX events_by_correlation ON events (correlation_id, number) WHERE correlation_id IS NOT NULL;
  CREATE INDEX events_in_outbox ON events (outbox_since) WHERE outbox_since IS NOT NULL;
  `,
  // Commands, their output, the processes they were sent to, and the audit, which is only ever added to.
  `
  CREATE TABLE commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL,
    batch_id TEXT,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL, -- whether it can still change
    record TEXT NOT NULL,
    instance_id TEXT, -- the process that it was sent to
    output_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX commands_open ON commands (agent_id, number) WHERE is_open = 1;
  CREATE INDEX commands_by_agent ON commands (agent_id, number);
  CREATE INDEX commands_by_batch ON commands (batch_id, number) WHERE batch_id IS NOT NULL;

  CREATE TABLE command_output (
    command_id TEXT NOT NULL REFERENCES commands (id),
    seq INTEGER NOT NULL,
    stream TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (command_id, seq)
  ) STRICT;

  -- The process that speaks for each agent.
  CREATE TABLE agent_processes (
    agent_id TEXT PRIMARY KEY,
    instance_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    beats INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    action TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    agent_id TEXT,
    subject_id TEXT,
    entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_subject ON audit (subject_id, seq) WHERE subject_id IS NOT NULL;

  -- The last entry once more: entries that were cut off at the end are missed by it.
  CREATE TABLE audit_head (seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
  INSERT INTO audit_head VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000');
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
  CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
  `,
  // Secrets that all servers of one store share.
  `
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Long tasks, and the driver of each.
  `
  CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    agent_group TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    is_open INTEGER NOT NULL, -- whether somebody has to drive it
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    token INTEGER NOT NULL, -- of the newest lease
    holder_id TEXT,
    holder_incarnation INTEGER,
    leased_until INTEGER
  ) STRICT;
  CREATE INDEX tasks_open ON tasks (agent_group, id) WHERE is_open = 1;
  CREATE INDEX tasks_by_owner ON tasks (owner_id, id);
  CREATE INDEX tasks_by_conversation ON tasks (conversation_id, id);
  `,
  // The states that operators want for agents, apart from the last known ones.
  `
  ALTER TABLE agents ADD COLUMN wanted TEXT NOT NULL DEFAULT 'online';
  UPDATE agents SET wanted = 'paused' WHERE state = 'paused';
  `,
  // The view of a task in lists, without its document; null of a task that was last saved before this.
  `
  ALTER TABLE tasks ADD COLUMN view TEXT;
  `,
  // The person with whom each event began, so that people's own are found among everybody's.
  `
  ALTER TABLE events ADD COLUMN owner_id TEXT;
  UPDATE events SET owner_id = event ->> '$.source.id' WHERE event ->> '$.source.kind' = 'user';
  UPDATE events SET owner_id = coalesce(
    (SELECT c.owner_id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = events.correlation_id),
    (SELECT origin.owner_id FROM events origin WHERE origin.id = events.correlation_id)
  ) WHERE owner_id IS NULL AND correlation_id IS NOT NULL;
  CREATE INDEX events_by_owner ON events (owner_id, number) WHERE owner_id IS NOT NULL;
  CREATE INDEX events_by_type ON events (type, number);
  `,
  // How long each request has waited for its answer, and which of them still travel.
  `
  ALTER TABLE requests ADD COLUMN timeout_ms INTEGER;
  ALTER TABLE requests ADD COLUMN routed_at INTEGER;
  ALTER TABLE requests ADD COLUMN unanswered_ms INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX requests_travelling ON requests (message_id)
    WHERE outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered');
  `,
  // Tokens of people and of agents that count no more before their end.
  `
  CREATE TABLE revoked_tokens (token_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  // The time of each row's last change, so that old ones can be removed; the rest of a removed conversation; the
  // usage of people.
  `
  ALTER TABLE events ADD COLUMN logged_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE commands ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tasks ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
  UPDATE events SET logged_at = unixepoch() * 1000;
  UPDATE commands SET changed_at = unixepoch() * 1000;
  UPDATE tasks SET changed_at = unixepoch() * 1000;
  ALTER TABLE conversations ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE usage (
    key TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    used INTEGER NOT NULL,
    used_before INTEGER NOT NULL, -- before the last change
    PRIMARY KEY (key, began_at)
  ) STRICT, WITHOUT ROWID;
  `,
];

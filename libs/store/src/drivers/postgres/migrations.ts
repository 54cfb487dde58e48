/** Versions 1 to 13; those after them are in records/migrations.ts. Never change one. */
export const FIRST_MIGRATIONS: readonly string[] = [
  // Ids are compared byte by byte, as SQLite does, whatever the database's own collation.
  `
  CREATE TABLE parley_version (version integer NOT NULL);
  INSERT INTO parley_version VALUES (0);

  CREATE TABLE conversations (
    id text COLLATE "C" PRIMARY KEY,
    owner_id text COLLATE "C" NOT NULL,
    title text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_seq integer NOT NULL,
    preview text NOT NULL
  );
  CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at);

  CREATE TABLE messages (
    id text COLLATE "C" PRIMARY KEY,
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations (id),
    seq integer NOT NULL,
    kind text NOT NULL,
    sender_kind text NOT NULL,
    sender_id text NOT NULL,
    sender_name text NOT NULL,
    receiver json,
    text text NOT NULL,
    in_reply_to text,
    created_at timestamptz NOT NULL,
    metadata json,
    UNIQUE (conversation_id, seq)
  );

  -- Where each message that a person sent stands. Apart from the message, which may be long and never changes.
  CREATE TABLE requests (
    message_id text COLLATE "C" PRIMARY KEY REFERENCES messages (id),
    conversation_id text COLLATE "C" NOT NULL,
    seq integer NOT NULL,
    target json,
    state text NOT NULL,
    attempt integer NOT NULL,
    agent_id text,
    routing json,
    hops json NOT NULL,
    error json,
    outbox_since timestamptz, -- null: not in the outbox
    leased_until timestamptz
  ) WITH (fillfactor = 80);
  CREATE INDEX requests_in_outbox ON requests (outbox_since) WHERE outbox_since IS NOT NULL;

  CREATE TABLE agents (
    agent_id text COLLATE "C" PRIMARY KEY,
    profile json NOT NULL,
    state text NOT NULL,
    incarnation integer NOT NULL,
    last_seen timestamptz NOT NULL,
    is_removed boolean NOT NULL DEFAULT false -- a removed agent keeps its incarnation
  );

  CREATE TABLE dead_letters (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    state text NOT NULL,
    letter json NOT NULL
  );
  CREATE INDEX dead_letters_by_state ON dead_letters (state, number);
  `,
  // The agent that holds the conversation, or had its last message; the hint of each message.
  `
  ALTER TABLE conversations ADD COLUMN session json;
  ALTER TABLE requests ADD COLUMN session json;
  `,
  // The memory of agents: every version of every key.
  `
  CREATE TABLE memory (
    subject text COLLATE "C" NOT NULL,
    agent_group text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    value text, -- null: this version is a deletion
    write_id text COLLATE "C",
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (subject, agent_group, key, version)
  );
  CREATE UNIQUE INDEX memory_by_write ON memory (write_id, subject, agent_group, key) WHERE write_id IS NOT NULL;
  `,
  // Events of the channels, in the order in which they were logged.
  `
  CREATE TABLE events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    channel text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C",
    event json NOT NULL,
    outbox_since timestamptz, -- null: not in the outbox
    leased_until timestamptz
  );
  CREATE INDEX events_by_channel ON events (channel, number);
  CREATE INDEX events_by_correlation ON events (correlation_id, number) WHERE correlation_id IS NOT NULL;
  CREATE INDEX events_in_outbox ON events (outbox_since) WHERE outbox_since IS NOT NULL;
  `,
  // Commands, their output, the processes they were sent to, and the audit, which is only ever added to.
  `
  CREATE TABLE commands (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    agent_id text COLLATE "C" NOT NULL,
    batch_id text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    is_open boolean NOT NULL, -- whether it can still change
    record text NOT NULL,
    instance_id text COLLATE "C", -- the process that it was sent to
    output_bytes integer NOT NULL
  ) WITH (fillfactor = 80);
  CREATE INDEX commands_open ON commands (agent_id, number) WHERE is_open;
  CREATE INDEX commands_by_agent ON commands (agent_id, number);
  CREATE INDEX commands_by_batch ON commands (batch_id, number) WHERE batch_id IS NOT NULL;

  CREATE TABLE command_output (
    command_id text COLLATE "C" NOT NULL REFERENCES commands (id),
    seq integer NOT NULL,
    stream text NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (command_id, seq)
  );

  -- The process that speaks for each agent.
  CREATE TABLE agent_processes (
    agent_id text COLLATE "C" PRIMARY KEY,
    instance_id text COLLATE "C" NOT NULL,
    incarnation integer NOT NULL,
    beats integer NOT NULL
  );

  CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    action text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL,
    agent_id text COLLATE "C",
    subject_id text COLLATE "C",
    entry text NOT NULL
  );
  CREATE INDEX audit_by_subject ON audit (subject_id, seq) WHERE subject_id IS NOT NULL;

  -- The last entry once more: entries that were cut off at the end are missed by it.
  CREATE TABLE audit_head (seq bigint NOT NULL, hash text NOT NULL);
  INSERT INTO audit_head VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000');
  CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$;
  CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
  `,
  // Secrets that all servers of one store share.
  `
  CREATE TABLE secrets (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
  `,
  // Long tasks, and the driver of each.
  `
  CREATE TABLE tasks (
    id text COLLATE "C" PRIMARY KEY,
    agent_group text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    owner_id text COLLATE "C" NOT NULL,
    is_open boolean NOT NULL, -- whether somebody has to drive it
    document text NOT NULL,
    version integer NOT NULL,
    token integer NOT NULL, -- of the newest lease
    holder_id text,
    holder_incarnation integer,
    leased_until timestamptz
  ) WITH (fillfactor = 80);
  CREATE INDEX tasks_open ON tasks (agent_group, id) WHERE is_open;
  CREATE INDEX tasks_by_owner ON tasks (owner_id, id);
  CREATE INDEX tasks_by_conversation ON tasks (conversation_id, id);
  `,
  // The states that operators want for agents, apart from the last known ones.
  `
  ALTER TABLE agents ADD COLUMN wanted text NOT NULL DEFAULT 'online';
  UPDATE agents SET wanted = 'paused' WHERE state = 'paused';
  `,
  // The view of a task in lists, without its document; null of a task that was last saved before this.
  `
  ALTER TABLE tasks ADD COLUMN view text;
  `,
  // The person with whom each event began, so that people's own are found among everybody's.
  `
  ALTER TABLE events ADD COLUMN owner_id text COLLATE "C";
  UPDATE events SET owner_id = event -> 'source' ->> 'id' WHERE event -> 'source' ->> 'kind' = 'user';
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
  ALTER TABLE requests ADD COLUMN routed_at bigint;
  ALTER TABLE requests ADD COLUMN unanswered_ms INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX requests_travelling ON requests (message_id)
    WHERE outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered');
  `,
  // Tokens of people and of agents that count no more before their end.
  `
  CREATE TABLE revoked_tokens (token_id text COLLATE "C" PRIMARY KEY);
  `,
  // The time of each row's last change, so that old ones can be removed; the rest of a removed conversation; the
  // usage of people.
  `
  ALTER TABLE events ADD COLUMN logged_at timestamptz NOT NULL DEFAULT now();
  ALTER TABLE commands ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
  ALTER TABLE tasks ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
  ALTER TABLE conversations ADD COLUMN is_removed boolean NOT NULL DEFAULT false;
  CREATE TABLE usage (
    key text COLLATE "C" NOT NULL,
    began_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    used bigint NOT NULL,
    used_before bigint NOT NULL, -- before the last change
    PRIMARY KEY (key, began_at)
  ) WITH (fillfactor = 80);
  `,
];

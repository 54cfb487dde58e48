CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at INTEGER NOT NULL, -- milliseconds since 1970, as all integers that are times
    last_seq INTEGER NOT NULL DEFAULT 0,
    preview TEXT NOT NULL DEFAULT ''
  , session TEXT, is_removed INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
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
  , session TEXT, timeout_ms INTEGER, routed_at INTEGER, unanswered_ms INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE agents (
    agent_id TEXT PRIMARY KEY,
    profile TEXT NOT NULL,
    state TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    is_removed INTEGER NOT NULL DEFAULT 0 -- a removed agent keeps its incarnation
  , wanted TEXT NOT NULL DEFAULT 'online') STRICT, WITHOUT ROWID;
CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    letter TEXT NOT NULL
  ) STRICT;
CREATE TABLE room_probe (filling BLOB NOT NULL) STRICT;
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
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    type TEXT NOT NULL,
    correlation_id TEXT,
    event TEXT NOT NULL,
    outbox_since INTEGER, -- null: not in the outbox
    leased_until INTEGER
  , owner_id TEXT, logged_at INTEGER NOT NULL DEFAULT 0) STRICT;
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
  , changed_at INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE command_output (
    command_id TEXT NOT NULL REFERENCES commands (id),
    seq INTEGER NOT NULL,
    stream TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (command_id, seq)
  ) STRICT;
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
CREATE TABLE audit_head (seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
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
  , view TEXT, changed_at INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE revoked_tokens (token_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
    key TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    used INTEGER NOT NULL,
    used_before INTEGER NOT NULL, -- before the last change
    PRIMARY KEY (key, began_at)
  ) STRICT, WITHOUT ROWID;
INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview, session, is_removed) VALUES ('0190aaaa-0000-7000-8000-0000000000c1', 'ada', 'Budget', '2026-11-30T17:54:24.877Z', 1796061264915, 2, 'Forty-two.', NULL, 0);
INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview, session, is_removed) VALUES ('0190aaaa-0000-7000-8000-0000000000c2', 'ada', 'still waiting', '2026-11-30T17:54:24.918Z', 1796061264918, 1, 'still waiting', NULL, 0);
INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview, session, is_removed) VALUES ('0190aaaa-0000-7000-8000-0000000000c3', 'eve', 'at an agent', '2026-11-30T17:54:24.919Z', 1796061264919, 1, 'at an agent', NULL, 0);
INSERT INTO messages (id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text, in_reply_to, created_at, metadata) VALUES ('0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-0000000000c1', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'what is the budget? 🦊', NULL, '2026-11-30T17:54:24.877Z', NULL);
INSERT INTO messages (id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text, in_reply_to, created_at, metadata) VALUES ('0190aaaa-0000-7000-8000-000000000002', '0190aaaa-0000-7000-8000-0000000000c1', 2, 'REPLY', 'agent', 'finance', 'finance', NULL, 'Forty-two.', '0190aaaa-0000-7000-8000-000000000001', '2026-11-30T17:54:24.915Z', NULL);
INSERT INTO messages (id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text, in_reply_to, created_at, metadata) VALUES ('0190aaaa-0000-7000-8000-000000000003', '0190aaaa-0000-7000-8000-0000000000c2', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'still waiting', NULL, '2026-11-30T17:54:24.918Z', NULL);
INSERT INTO messages (id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text, in_reply_to, created_at, metadata) VALUES ('0190aaaa-0000-7000-8000-000000000004', '0190aaaa-0000-7000-8000-0000000000c3', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'at an agent', NULL, '2026-11-30T17:54:24.919Z', NULL);
INSERT INTO requests (message_id, conversation_id, seq, target, state, attempt, agent_id, routing, hops, error, outbox_since, leased_until, session, timeout_ms, routed_at, unanswered_ms) VALUES ('0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-0000000000c1', 1, NULL, 'answered', 0, 'finance', '{"agentId":"finance","agentName":"finance","strategy":"keywords","confidence":0.92,"reason":"keyword \"budget\"","candidates":[{"agentId":"finance","agentName":"finance","confidence":0.92}]}', '[{"service":"server","at":"2026-01-01T00:00:00.000Z"},{"service":"broker","at":"2026-01-01T00:00:00.001Z"},{"service":"agent:finance","at":"2026-01-01T00:00:00.002Z"}]', NULL, NULL, NULL, NULL, NULL, 1796061264914, 0);
INSERT INTO requests (message_id, conversation_id, seq, target, state, attempt, agent_id, routing, hops, error, outbox_since, leased_until, session, timeout_ms, routed_at, unanswered_ms) VALUES ('0190aaaa-0000-7000-8000-000000000003', '0190aaaa-0000-7000-8000-0000000000c2', 1, NULL, 'accepted', 0, NULL, NULL, '[]', NULL, 1796061264918, NULL, NULL, NULL, NULL, 0);
INSERT INTO requests (message_id, conversation_id, seq, target, state, attempt, agent_id, routing, hops, error, outbox_since, leased_until, session, timeout_ms, routed_at, unanswered_ms) VALUES ('0190aaaa-0000-7000-8000-000000000004', '0190aaaa-0000-7000-8000-0000000000c3', 1, NULL, 'routed', 0, 'finance', '{"agentId":"finance","agentName":"finance","strategy":"keywords","confidence":0.92,"reason":"keyword \"budget\"","candidates":[{"agentId":"finance","agentName":"finance","confidence":0.92}]}', '[{"service":"server","at":"2026-01-01T00:00:00.000Z"},{"service":"broker","at":"2026-01-01T00:00:00.001Z"}]', NULL, NULL, NULL, NULL, NULL, 1796061264947, 0);
INSERT INTO agents (agent_id, profile, state, incarnation, last_seen, is_removed, wanted) VALUES ('finance', '{"group":"finance","name":"Finance","description":"money","capabilities":[],"keywords":["budget"]}', 'online', 2, 1796061264953, 0, 'paused');
INSERT INTO agents (agent_id, profile, state, incarnation, last_seen, is_removed, wanted) VALUES ('gone', '{"group":"gone","name":"Finance","description":"money","capabilities":[],"keywords":["budget"]}', 'offline', 1, 1796061264955, 1, 'online');
INSERT INTO dead_letters (number, id, state, letter) VALUES (1, '0190aaaa-0000-7000-8000-00000000000d', 'dead', '{"id":"0190aaaa-0000-7000-8000-00000000000d","messageId":"01a22d97-fc3d-7382-b0bd-55edba73ce4a","queue":"agent_queue_finance","reason":"delivery_limit","message":"It was handed out too often.","type":"chat.message","headers":{"attempt":0,"sender":"user:ada"},"body":"{\"text\":\"hello\"}","isBase64":false,"diedAt":"2026-11-30T17:54:24.957Z","state":"dead"}');
INSERT INTO memory (subject, agent_group, key, version, value, write_id, updated_at) VALUES ('ada', 'finance', 'likes', 1, '"tea"', NULL, 1796061264958);
INSERT INTO memory (subject, agent_group, key, version, value, write_id, updated_at) VALUES ('ada', 'finance', 'likes', 2, '"coffee"', 'w2', 1796061264959);
INSERT INTO events (number, id, channel, type, correlation_id, event, outbox_since, leased_until, owner_id, logged_at) VALUES (1, '0190aaaa-0000-7000-8000-0000000000e1', 'human', 'ask', '0190aaaa-0000-7000-8000-0000000000e1', '{"id":"0190aaaa-0000-7000-8000-0000000000e1","type":"ask","payload":1,"source":{"kind":"user","id":"ada","name":"Ada"},"at":"2026-11-01T00:00:00.000Z","correlationId":"0190aaaa-0000-7000-8000-0000000000e1"}', NULL, NULL, 'ada', 1796061264962);
INSERT INTO events (number, id, channel, type, correlation_id, event, outbox_since, leased_until, owner_id, logged_at) VALUES (2, '0190aaaa-0000-7000-8000-0000000000e2', 'human', 'answer', '0190aaaa-0000-7000-8000-0000000000e1', '{"id":"0190aaaa-0000-7000-8000-0000000000e2","type":"answer","payload":1,"source":{"kind":"user","id":"ada","name":"Ada"},"at":"2026-11-01T00:00:00.000Z","correlationId":"0190aaaa-0000-7000-8000-0000000000e1","causationId":"0190aaaa-0000-7000-8000-0000000000e1"}', 1796061264963, NULL, 'ada', 1796061264963);
INSERT INTO commands (number, id, agent_id, batch_id, state, is_open, record, instance_id, output_bytes, changed_at) VALUES (1, '0190aaaa-0000-7000-8000-0000000000f1', 'shell', NULL, 'running', 1, '{"id":"0190aaaa-0000-7000-8000-0000000000f1","agentId":"shell","agentName":"Shell","requestedBy":{"id":"ada","name":"Ada"},"type":"shell","command":"ls","timeoutMs":1000,"state":"running","createdAt":"2026-11-30T17:54:24.963Z","truncated":false,"outputSeq":1,"sentAt":"2026-11-30T17:54:24.965Z","startedAt":"2026-11-30T17:54:24.966Z"}', 'p1', 3, 1796061264966);
INSERT INTO commands (number, id, agent_id, batch_id, state, is_open, record, instance_id, output_bytes, changed_at) VALUES (2, '0190aaaa-0000-7000-8000-0000000000f2', 'shell', NULL, 'failed', 0, '{"id":"0190aaaa-0000-7000-8000-0000000000f2","agentId":"shell","agentName":"Shell","requestedBy":{"id":"ada","name":"Ada"},"type":"shell","command":"ls","timeoutMs":1000,"state":"failed","createdAt":"2026-11-30T17:54:24.964Z","truncated":false,"outputSeq":0,"endedAt":"2026-11-30T17:54:24.966Z","errorMessage":"nobody took it"}', NULL, 0, 1796061264966);
INSERT INTO command_output (command_id, seq, stream, data) VALUES ('0190aaaa-0000-7000-8000-0000000000f1', 1, 'stdout', '"a\u0000b"');
INSERT INTO agent_processes (agent_id, instance_id, incarnation, beats) VALUES ('shell', 'p1', 1, 0);
INSERT INTO audit (seq, action, actor_id, agent_id, subject_id, entry) VALUES (1, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:24.963Z","result":"queued","seq":1,"prevHash":"0000000000000000000000000000000000000000000000000000000000000000","hash":"0b42bb6a2f154747e36367e3956b174c232f74bb845d1d251a06e1deeb0cda02"}');
INSERT INTO audit (seq, action, actor_id, agent_id, subject_id, entry) VALUES (2, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:24.964Z","result":"queued","seq":2,"prevHash":"0b42bb6a2f154747e36367e3956b174c232f74bb845d1d251a06e1deeb0cda02","hash":"2d9d0cfc019fe8107c0443f21e85e7eedd9572735ade69ca55e83b5b3a560e5d"}');
INSERT INTO audit (seq, action, actor_id, agent_id, subject_id, entry) VALUES (3, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:24.966Z","result":"queued","seq":3,"prevHash":"2d9d0cfc019fe8107c0443f21e85e7eedd9572735ade69ca55e83b5b3a560e5d","hash":"96f25f3ad0851fc915c89d1b8dbb64748704b9109bd49c4a498773109cb41782"}');
INSERT INTO audit_head (seq, hash) VALUES (3, '96f25f3ad0851fc915c89d1b8dbb64748704b9109bd49c4a498773109cb41782');
INSERT INTO secrets (name, value) VALUES ('signing', 'oc5ww4BGsXHpMn10JCEOVUZ11An2S_keTukWTfxjntU');
INSERT INTO tasks (id, agent_group, conversation_id, owner_id, is_open, document, version, token, holder_id, holder_incarnation, leased_until, view, changed_at) VALUES ('0190aaaa-0000-7000-8000-0000000000a1', 'planner', '0190aaaa-0000-7000-8000-0000000000c1', 'ada', 1, '{"step":1}', 1, 1, 'planner-1', 1, 1796061265969, '{}', 1796061264968);
INSERT INTO tasks (id, agent_group, conversation_id, owner_id, is_open, document, version, token, holder_id, holder_incarnation, leased_until, view, changed_at) VALUES ('0190aaaa-0000-7000-8000-0000000000a2', 'planner', '0190aaaa-0000-7000-8000-0000000000c1', 'ada', 0, '{"step":9}', 1, 0, NULL, NULL, NULL, '{}', 1796061264969);
INSERT INTO revoked_tokens (token_id) VALUES ('token-1');
INSERT INTO usage (key, began_at, ends_at, used, used_before) VALUES ('ada messages', 60000, 120000, 30, 0);
CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at);
CREATE INDEX requests_in_outbox ON requests (outbox_since) WHERE outbox_since IS NOT NULL;
CREATE INDEX dead_letters_by_state ON dead_letters (state, number);
CREATE UNIQUE INDEX memory_by_write ON memory (write_id, subject, agent_group, key) WHERE write_id IS NOT NULL;
CREATE INDEX events_by_channel ON events (channel, number);
CREATE INDEX events_by_correlation ON events (correlation_id, number) WHERE correlation_id IS NOT NULL;
CREATE INDEX events_in_outbox ON events (outbox_since) WHERE outbox_since IS NOT NULL;
CREATE INDEX commands_open ON commands (agent_id, number) WHERE is_open = 1;
CREATE INDEX commands_by_agent ON commands (agent_id, number);
CREATE INDEX commands_by_batch ON commands (batch_id, number) WHERE batch_id IS NOT NULL;
CREATE INDEX audit_by_subject ON audit (subject_id, seq) WHERE subject_id IS NOT NULL;
CREATE INDEX tasks_open ON tasks (agent_group, id) WHERE is_open = 1;
CREATE INDEX tasks_by_owner ON tasks (owner_id, id);
CREATE INDEX tasks_by_conversation ON tasks (conversation_id, id);
CREATE INDEX events_by_owner ON events (owner_id, number) WHERE owner_id IS NOT NULL;
CREATE INDEX events_by_type ON events (type, number);
CREATE INDEX requests_travelling ON requests (message_id)
    WHERE outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered');
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
PRAGMA user_version = 13;

CREATE FUNCTION audit_is_only_added_to() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$;
CREATE TABLE agent_processes (
    agent_id text NOT NULL COLLATE pg_catalog."C",
    instance_id text NOT NULL COLLATE pg_catalog."C",
    incarnation integer NOT NULL,
    beats integer NOT NULL
);
CREATE TABLE agents (
    agent_id text NOT NULL COLLATE pg_catalog."C",
    profile json NOT NULL,
    state text NOT NULL,
    incarnation integer NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    is_removed boolean DEFAULT false NOT NULL,
    wanted text DEFAULT 'online'::text NOT NULL
);
CREATE TABLE audit (
    seq bigint NOT NULL,
    action text NOT NULL COLLATE pg_catalog."C",
    actor_id text NOT NULL COLLATE pg_catalog."C",
    agent_id text COLLATE pg_catalog."C",
    subject_id text COLLATE pg_catalog."C",
    entry text NOT NULL
);
CREATE TABLE audit_head (
    seq bigint NOT NULL,
    hash text NOT NULL
);
CREATE TABLE command_output (
    command_id text NOT NULL COLLATE pg_catalog."C",
    seq integer NOT NULL,
    stream text NOT NULL,
    data text NOT NULL
);
CREATE TABLE commands (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    agent_id text NOT NULL COLLATE pg_catalog."C",
    batch_id text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    is_open boolean NOT NULL,
    record text NOT NULL,
    instance_id text COLLATE pg_catalog."C",
    output_bytes integer NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='80');
ALTER TABLE commands ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME commands_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE conversations (
    id text NOT NULL COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    title text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    last_seq integer NOT NULL,
    preview text NOT NULL,
    session json,
    is_removed boolean DEFAULT false NOT NULL
);
CREATE TABLE dead_letters (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    letter json NOT NULL
);
ALTER TABLE dead_letters ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dead_letters_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE events (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    correlation_id text COLLATE pg_catalog."C",
    event json NOT NULL,
    outbox_since timestamp with time zone,
    leased_until timestamp with time zone,
    owner_id text COLLATE pg_catalog."C",
    logged_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE events ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME events_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE memory (
    subject text NOT NULL COLLATE pg_catalog."C",
    agent_group text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    value text,
    write_id text COLLATE pg_catalog."C",
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE messages (
    id text NOT NULL COLLATE pg_catalog."C",
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    seq integer NOT NULL,
    kind text NOT NULL,
    sender_kind text NOT NULL,
    sender_id text NOT NULL,
    sender_name text NOT NULL,
    receiver json,
    text text NOT NULL,
    in_reply_to text,
    created_at timestamp with time zone NOT NULL,
    metadata json
);
CREATE TABLE parley_version (
    version integer NOT NULL
);
CREATE TABLE requests (
    message_id text NOT NULL COLLATE pg_catalog."C",
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    seq integer NOT NULL,
    target json,
    state text NOT NULL,
    attempt integer NOT NULL,
    agent_id text,
    routing json,
    hops json NOT NULL,
    error json,
    outbox_since timestamp with time zone,
    leased_until timestamp with time zone,
    session json,
    timeout_ms integer,
    routed_at bigint,
    unanswered_ms integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE revoked_tokens (
    token_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE secrets (
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL
);
CREATE TABLE tasks (
    id text NOT NULL COLLATE pg_catalog."C",
    agent_group text NOT NULL COLLATE pg_catalog."C",
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    is_open boolean NOT NULL,
    document text NOT NULL,
    version integer NOT NULL,
    token integer NOT NULL,
    holder_id text,
    holder_incarnation integer,
    leased_until timestamp with time zone,
    view text,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE usage (
    key text NOT NULL COLLATE pg_catalog."C",
    began_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    used bigint NOT NULL,
    used_before bigint NOT NULL
)
WITH (fillfactor='80');
INSERT INTO agent_processes VALUES ('shell', 'p1', 1, 0);
INSERT INTO agents VALUES ('finance', '{"group":"finance","name":"Finance","description":"money","capabilities":[],"keywords":["budget"]}', 'online', 2, '2026-11-30 17:54:25.348657+00', false, 'paused');
INSERT INTO agents VALUES ('gone', '{"group":"gone","name":"Finance","description":"money","capabilities":[],"keywords":["budget"]}', 'offline', 1, '2026-11-30 17:54:25.350448+00', true, 'online');
INSERT INTO audit VALUES (1, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:25.436Z","result":"queued","seq":1,"prevHash":"0000000000000000000000000000000000000000000000000000000000000000","hash":"c207c809f6709092d08b0ddaabda89454b5d189ff034cb0cc9560bb9d9379c3f"}');
INSERT INTO audit VALUES (2, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:25.436Z","result":"queued","seq":2,"prevHash":"c207c809f6709092d08b0ddaabda89454b5d189ff034cb0cc9560bb9d9379c3f","hash":"133b3a0d70c99e16e8a53ba584a8d7466c2dad8d0a877dbd76ffe1b9b77e432d"}');
INSERT INTO audit VALUES (3, 'command.run', 'ada', NULL, NULL, '{"action":"command.run","actor":{"id":"ada","kind":"user","name":"Ada"},"at":"2026-11-30T17:54:25.471Z","result":"queued","seq":3,"prevHash":"133b3a0d70c99e16e8a53ba584a8d7466c2dad8d0a877dbd76ffe1b9b77e432d","hash":"d529c14a71ebb673d3ed58d14978e2d961d581fc0fc5c660399b05554f4d85c8"}');
INSERT INTO audit_head VALUES (3, 'd529c14a71ebb673d3ed58d14978e2d961d581fc0fc5c660399b05554f4d85c8');
INSERT INTO command_output VALUES ('0190aaaa-0000-7000-8000-0000000000f1', 1, 'stdout', '"a\u0000b"');
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (1, '0190aaaa-0000-7000-8000-0000000000f1', 'shell', NULL, 'running', true, '{"id":"0190aaaa-0000-7000-8000-0000000000f1","agentId":"shell","agentName":"Shell","requestedBy":{"id":"ada","name":"Ada"},"type":"shell","command":"ls","timeoutMs":1000,"state":"running","createdAt":"2026-11-30T17:54:25.359Z","truncated":false,"outputSeq":1,"sentAt":"2026-11-30T17:54:25.452Z","startedAt":"2026-11-30T17:54:25.454Z"}', 'p1', 3, '2026-11-30 17:54:25.454695+00');
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (2, '0190aaaa-0000-7000-8000-0000000000f2', 'shell', NULL, 'failed', false, '{"id":"0190aaaa-0000-7000-8000-0000000000f2","agentId":"shell","agentName":"Shell","requestedBy":{"id":"ada","name":"Ada"},"type":"shell","command":"ls","timeoutMs":1000,"state":"failed","createdAt":"2026-11-30T17:54:25.359Z","truncated":false,"outputSeq":0,"endedAt":"2026-11-30T17:54:25.456Z","errorMessage":"nobody took it"}', NULL, 0, '2026-11-30 17:54:25.45606+00');
INSERT INTO conversations VALUES ('0190aaaa-0000-7000-8000-0000000000c2', 'ada', 'still waiting', '2026-11-30 17:54:25.309+00', '2026-11-30 17:54:25.310438+00', 1, 'still waiting', NULL, false);
INSERT INTO conversations VALUES ('0190aaaa-0000-7000-8000-0000000000c3', 'eve', 'at an agent', '2026-11-30 17:54:25.311+00', '2026-11-30 17:54:25.312636+00', 1, 'at an agent', NULL, false);
INSERT INTO conversations VALUES ('0190aaaa-0000-7000-8000-0000000000c1', 'ada', 'Budget', '2026-11-30 17:54:25.266+00', '2026-11-30 17:54:25.30843+00', 2, 'Forty-two.', NULL, false);
INSERT INTO dead_letters OVERRIDING SYSTEM VALUE VALUES (1, '0190aaaa-0000-7000-8000-00000000000d', 'dead', '{"id":"0190aaaa-0000-7000-8000-00000000000d","messageId":"01a22d97-fdc7-719e-8a83-6ee82cff9b60","queue":"agent_queue_finance","reason":"delivery_limit","message":"It was handed out too often.","type":"chat.message","headers":{"attempt":0,"sender":"user:ada"},"body":"{\"text\":\"hello\"}","isBase64":false,"diedAt":"2026-11-30T17:54:25.351Z","state":"dead"}');
INSERT INTO events OVERRIDING SYSTEM VALUE VALUES (1, '0190aaaa-0000-7000-8000-0000000000e1', 'human', 'ask', '0190aaaa-0000-7000-8000-0000000000e1', '{"id":"0190aaaa-0000-7000-8000-0000000000e1","type":"ask","payload":1,"source":{"kind":"user","id":"ada","name":"Ada"},"at":"2026-11-01T00:00:00.000Z","correlationId":"0190aaaa-0000-7000-8000-0000000000e1"}', NULL, NULL, 'ada', '2026-11-30 17:54:25.356375+00');
INSERT INTO events OVERRIDING SYSTEM VALUE VALUES (2, '0190aaaa-0000-7000-8000-0000000000e2', 'human', 'answer', '0190aaaa-0000-7000-8000-0000000000e1', '{"id":"0190aaaa-0000-7000-8000-0000000000e2","type":"answer","payload":1,"source":{"kind":"user","id":"ada","name":"Ada"},"at":"2026-11-01T00:00:00.000Z","correlationId":"0190aaaa-0000-7000-8000-0000000000e1","causationId":"0190aaaa-0000-7000-8000-0000000000e1"}', '2026-11-30 17:54:25.357453+00', NULL, 'ada', '2026-11-30 17:54:25.357453+00');
INSERT INTO memory VALUES ('ada', 'finance', 'likes', 1, '"tea"', '01a22d97-fdc8-70d6-8e04-f1b92478db5f', '2026-11-30 17:54:25.353213+00');
INSERT INTO memory VALUES ('ada', 'finance', 'likes', 2, '"coffee"', 'w2', '2026-11-30 17:54:25.355228+00');
INSERT INTO messages VALUES ('0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-0000000000c1', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'what is the budget? 🦊', NULL, '2026-11-30 17:54:25.266+00', NULL);
INSERT INTO messages VALUES ('0190aaaa-0000-7000-8000-000000000002', '0190aaaa-0000-7000-8000-0000000000c1', 2, 'REPLY', 'agent', 'finance', 'finance', NULL, 'Forty-two.', '0190aaaa-0000-7000-8000-000000000001', '2026-11-30 17:54:25.306+00', NULL);
INSERT INTO messages VALUES ('0190aaaa-0000-7000-8000-000000000003', '0190aaaa-0000-7000-8000-0000000000c2', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'still waiting', NULL, '2026-11-30 17:54:25.309+00', NULL);
INSERT INTO messages VALUES ('0190aaaa-0000-7000-8000-000000000004', '0190aaaa-0000-7000-8000-0000000000c3', 1, 'TEXT', 'user', 'ada', 'Ada', NULL, 'at an agent', NULL, '2026-11-30 17:54:25.311+00', NULL);
INSERT INTO parley_version VALUES (13);
INSERT INTO requests VALUES ('0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-0000000000c1', 1, NULL, 'answered', 0, 'finance', '{"agentId":"finance","agentName":"finance","strategy":"keywords","confidence":0.92,"reason":"keyword \"budget\"","candidates":[{"agentId":"finance","agentName":"finance","confidence":0.92}]}', '[{"service":"server","at":"2026-01-01T00:00:00.000Z"},{"service":"broker","at":"2026-01-01T00:00:00.001Z"},{"service":"agent:finance","at":"2026-01-01T00:00:00.002Z"}]', NULL, NULL, NULL, NULL, NULL, 1796061265306, 0);
INSERT INTO requests VALUES ('0190aaaa-0000-7000-8000-000000000003', '0190aaaa-0000-7000-8000-0000000000c2', 1, NULL, 'accepted', 0, NULL, NULL, '[]', NULL, '2026-11-30 17:54:25.310667+00', NULL, NULL, NULL, NULL, 0);
INSERT INTO requests VALUES ('0190aaaa-0000-7000-8000-000000000004', '0190aaaa-0000-7000-8000-0000000000c3', 1, NULL, 'routed', 0, 'finance', '{"agentId":"finance","agentName":"finance","strategy":"keywords","confidence":0.92,"reason":"keyword \"budget\"","candidates":[{"agentId":"finance","agentName":"finance","confidence":0.92}]}', '[{"service":"server","at":"2026-01-01T00:00:00.000Z"},{"service":"broker","at":"2026-01-01T00:00:00.001Z"}]', NULL, NULL, NULL, NULL, NULL, 1796061265341, 0);
INSERT INTO revoked_tokens VALUES ('token-1');
INSERT INTO secrets VALUES ('signing', 'SsWG5A_cNQBXoQElhqukuS_yf0Y4ArKGv5UJOQy2p8c');
INSERT INTO tasks VALUES ('0190aaaa-0000-7000-8000-0000000000a1', 'planner', '0190aaaa-0000-7000-8000-0000000000c1', 'ada', true, '{"step":1}', 1, 1, 'planner-1', 1, '2026-11-30 17:54:26.489713+00', '{}', '2026-11-30 17:54:25.488109+00');
INSERT INTO tasks VALUES ('0190aaaa-0000-7000-8000-0000000000a2', 'planner', '0190aaaa-0000-7000-8000-0000000000c1', 'ada', false, '{"step":9}', 1, 0, NULL, NULL, NULL, '{}', '2026-11-30 17:54:25.491176+00');
INSERT INTO usage VALUES ('ada messages', 60000, 120000, 30, 0);
SELECT pg_catalog.setval('commands_number_seq', 2, true);
SELECT pg_catalog.setval('dead_letters_number_seq', 1, true);
SELECT pg_catalog.setval('events_number_seq', 2, true);
ALTER TABLE ONLY agent_processes
    ADD CONSTRAINT agent_processes_pkey PRIMARY KEY (agent_id);
ALTER TABLE ONLY agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (agent_id);
ALTER TABLE ONLY audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY command_output
    ADD CONSTRAINT command_output_pkey PRIMARY KEY (command_id, seq);
ALTER TABLE ONLY commands
    ADD CONSTRAINT commands_id_key UNIQUE (id);
ALTER TABLE ONLY commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (number);
ALTER TABLE ONLY conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dead_letters
    ADD CONSTRAINT dead_letters_id_key UNIQUE (id);
ALTER TABLE ONLY dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (number);
ALTER TABLE ONLY events
    ADD CONSTRAINT events_id_key UNIQUE (id);
ALTER TABLE ONLY events
    ADD CONSTRAINT events_pkey PRIMARY KEY (number);
ALTER TABLE ONLY memory
    ADD CONSTRAINT memory_pkey PRIMARY KEY (subject, agent_group, key, version);
ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_conversation_id_seq_key UNIQUE (conversation_id, seq);
ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY revoked_tokens
    ADD CONSTRAINT revoked_tokens_pkey PRIMARY KEY (token_id);
ALTER TABLE ONLY secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (key, began_at);
CREATE INDEX audit_by_subject ON audit USING btree (subject_id, seq) WHERE (subject_id IS NOT NULL);
CREATE INDEX commands_by_agent ON commands USING btree (agent_id, number);
CREATE INDEX commands_by_batch ON commands USING btree (batch_id, number) WHERE (batch_id IS NOT NULL);
CREATE INDEX commands_open ON commands USING btree (agent_id, number) WHERE is_open;
CREATE INDEX conversations_by_owner ON conversations USING btree (owner_id, updated_at);
CREATE INDEX dead_letters_by_state ON dead_letters USING btree (state, number);
CREATE INDEX events_by_channel ON events USING btree (channel, number);
CREATE INDEX events_by_correlation ON events USING btree (correlation_id, number) WHERE (correlation_id IS NOT NULL);
CREATE INDEX events_by_owner ON events USING btree (owner_id, number) WHERE (owner_id IS NOT NULL);
CREATE INDEX events_by_type ON events USING btree (type, number);
CREATE INDEX events_in_outbox ON events USING btree (outbox_since) WHERE (outbox_since IS NOT NULL);
CREATE UNIQUE INDEX memory_by_write ON memory USING btree (write_id, subject, agent_group, key) WHERE (write_id IS NOT NULL);
CREATE INDEX requests_in_outbox ON requests USING btree (outbox_since) WHERE (outbox_since IS NOT NULL);
CREATE INDEX requests_travelling ON requests USING btree (message_id) WHERE ((outbox_since IS NULL) AND (state = ANY (ARRAY['accepted'::text, 'routed'::text, 'delivered'::text])));
CREATE INDEX tasks_by_conversation ON tasks USING btree (conversation_id, id);
CREATE INDEX tasks_by_owner ON tasks USING btree (owner_id, id);
CREATE INDEX tasks_open ON tasks USING btree (agent_group, id) WHERE is_open;
CREATE TRIGGER audit_is_only_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
ALTER TABLE ONLY command_output
    ADD CONSTRAINT command_output_command_id_fkey FOREIGN KEY (command_id) REFERENCES commands(id);
ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id);
ALTER TABLE ONLY requests
    ADD CONSTRAINT requests_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id);

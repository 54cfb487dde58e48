import type {
  AgentState,
  ChatMessage,
  CommandState,
  DeadLetter,
  OutputStreamName,
  Participant,
  WantedAgentState,
} from '@parley/shared-models';
import type { ColumnType, Generated } from 'kysely';

/** Milliseconds since 1970 in SQLite, ISO 8601 from PostgreSQL. Written as `Database.now` and `Database.at` give it. */
export type Time = number | string;

/** SQLite knows no boolean. */
type Flag = ColumnType<boolean | number, boolean, boolean>;
type DefaultedFlag = ColumnType<boolean | number, boolean | undefined, boolean>;

/**
 * The tables as both databases have them, see migrations.ts. JSON is text in both; numbers stay below 2^53.
 * Ids, ISO 8601 and all text compare by their bytes.
 */
export interface Tables {
  conversations: {
    id: string;
    owner_id: string;
    title: string;
    created_at: string;
    updated_at: Time;
    last_seq: number;
    preview: string;
    session: string | null;
    is_removed: DefaultedFlag;
  };
  messages: {
    id: string;
    conversation_id: string;
    seq: number;
    kind: ChatMessage['kind'];
    sender_kind: Participant['kind'];
    sender_id: string;
    sender_name: string;
    receiver: string | null;
    text: string;
    in_reply_to: string | null;
    created_at: string;
    metadata: string | null;
  };
  requests: {
    message_id: string;
    conversation_id: string;
    seq: number;
    target: string | null;
    session: string | null;
    /** `delivered` was stored by earlier versions. */
    state: 'accepted' | 'routed' | 'answered' | 'failed' | 'dead_lettered' | 'delivered';
    attempt: number;
    agent_id: string | null;
    routing: string | null;
    hops: string;
    error: string | null;
    outbox_since: Time | null;
    leased_until: Time | null;
    timeout_ms: number | null;
    routed_at: number | null;
    unanswered_ms: number;
  };
  agents: {
    agent_id: string;
    profile: string;
    state: AgentState;
    wanted: Generated<WantedAgentState>;
    incarnation: number;
    last_seen: Time;
    is_removed: DefaultedFlag;
  };
  dead_letters: {
    number: Generated<number>;
    id: string;
    state: DeadLetter['state'];
    letter: string;
  };
  memory: {
    subject: string;
    agent_group: string;
    key: string;
    version: number;
    value: string | null;
    write_id: string | null;
    updated_at: Time;
  };
  events: {
    number: Generated<number>;
    id: string;
    channel: string;
    type: string;
    correlation_id: string | null;
    event: string;
    owner_id: string | null;
    outbox_since: Time | null;
    leased_until: ColumnType<Time | null, Time | null | undefined, Time | null>;
    logged_at: Time;
  };
  commands: {
    number: Generated<number>;
    id: string;
    agent_id: string;
    batch_id: string | null;
    state: CommandState;
    is_open: Flag;
    record: string;
    instance_id: ColumnType<string | null, string | null | undefined, string | null>;
    output_bytes: number;
    changed_at: Time;
  };
  command_output: { command_id: string; seq: number; stream: OutputStreamName; data: string };
  agent_processes: { agent_id: string; instance_id: string; incarnation: number; beats: number };
  audit: {
    seq: number;
    action: string;
    actor_id: string;
    agent_id: string | null;
    subject_id: string | null;
    entry: string;
  };
  audit_head: { seq: number; hash: string };
  secrets: { name: string; value: string };
  tasks: {
    id: string;
    agent_group: string;
    conversation_id: string;
    owner_id: string;
    is_open: Flag;
    document: string;
    view: string | null;
    version: number;
    token: number;
    holder_id: ColumnType<string | null, string | null | undefined, string | null>;
    holder_incarnation: ColumnType<number | null, number | null | undefined, number | null>;
    leased_until: ColumnType<Time | null, Time | null | undefined, Time | null>;
    changed_at: Time;
  };
  revoked_tokens: { token_id: string };
  usage: { key: string; began_at: number; ends_at: number; used: number; used_before: number };
}

import type {
  AgentStatus,
  ChatMessage,
  ErrorReport,
  ExternalUser,
  ServerFrameOf,
  ServerFrameType,
  Target,
  Task,
} from '@parley/shared-models';

/**
 * - `closed`: no connection, and none is tried. `reason`:
 *   `idle` before the first `connect()`; `closed` by `close()`; `unauthenticated`: the token was refused;
 *   `too_large`: a frame was larger than the server takes; `ended`: the server said good-bye for good;
 *   `lost`: the connection broke and `reconnect` is false; `invalid_url`: the WebSocket refused the address.
 * - `connecting`: on the way to the server's `welcome`.
 * - `open`: welcomed.
 * - `waiting`: the connection broke; the next try comes at `retryAt`.
 */
export type ConnectionState =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  | {
      readonly state: 'waiting';
      /** Milliseconds since 1970. */
      readonly retryAt: number;
      /** Close code of the lost connection; 1006 when it broke without one. */
      readonly code: number;
      /** What the server or the WebSocket said about it; may be empty. */
      readonly message: string;
    }
  | {
      readonly state: 'closed';
      readonly reason: 'idle' | 'closed' | 'unauthenticated' | 'too_large' | 'ended' | 'lost' | 'invalid_url';
      readonly code?: number;
      readonly message?: string;
    };

/** An `error` frame of the server, or what the client noticed itself. */
export interface ClientError extends ErrorReport {
  readonly origin: 'server' | 'client';
  /** Id of the frame it answers, where there is one. */
  readonly inReplyTo?: string;
  readonly cause?: unknown;
}

/** A message that is not acknowledged yet. */
export interface OutboxItem {
  readonly id: string;
  readonly conversationId: string;
  readonly text: string;
  readonly target?: Target;
  readonly inReplyTo?: string;
  readonly onBehalfOf?: ExternalUser;
  /** `sending`: on its way; `queued`: for a connection, or for the one before it in its conversation. */
  readonly state: 'queued' | 'sending';
  /** Why the server did not take it the last time; it is sent again. */
  readonly lastError?: ErrorReport;
}

export interface AgentsChange {
  /** All agents after the change, by id. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  readonly changed: readonly AgentStatus[];
  /** Whether the server sent the full list. */
  readonly isFull: boolean;
}

/** Frames that the client does something with. */
export type HandledFrame =
  | 'welcome'
  | 'ack'
  | 'message'
  | 'message.delta'
  | 'message.status'
  | 'agents'
  | 'agents.load'
  | 'session'
  | 'command.status'
  | 'command.output'
  | 'task.update'
  | 'error'
  | 'pong';

/** The others are told as they come, each under its own name. */
export type ForwardedFrames = { [T in Exclude<ServerFrameType, HandledFrame>]: ServerFrameOf<T> };

/** What `client.on` offers: the event's name and what its listeners get. */
export interface ClientEvents extends ForwardedFrames {
  connection: ConnectionState;
  welcome: ServerFrameOf<'welcome'>;
  /** Of each conversation every message once, in order of `seq`. */
  message: ChatMessage;
  /**
   * Pieces of a reply that is being written, in order of `index`; none after its finished message. Who comes to the
   * conversation while it is written gets those from then on: a gap in `index` is text that is not known here yet.
   */
  delta: ServerFrameOf<'message.delta'>;
  status: ServerFrameOf<'message.status'>;
  ack: ServerFrameOf<'ack'>;
  /** Who holds a followed conversation, or null: nobody any more, because it was left, moved, or its time is over. */
  session: ServerFrameOf<'session'>;
  agents: AgentsChange;
  'command.status': ServerFrameOf<'command.status'>;
  'command.output': ServerFrameOf<'command.output'>;
  /** A task of a followed conversation: on opening it, and on each change; the larger `version` is the newer. */
  task: Task;
  error: ClientError;
  /** The messages not acknowledged yet, in the order they were written, whenever that changes. */
  outbox: readonly OutboxItem[];
}

/** How the parts of the client tell what they noticed. */
export type Report = (error: Omit<ClientError, 'origin'>) => void;

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
 * - `closed`: no connection, and no further try. `reason`:
 *   `idle` before the first `connect()`; `closed` by `close()`; `unauthenticated`: the token was refused;
 *   `too_large`: a frame was larger than the server takes; `ended`: the server ended the connection for good;
 *   `lost`: the connection broke and `reconnect` is false; `invalid_url`: the WebSocket refused the address.
 * - `connecting`: waiting for the server's `welcome`.
 * - `open`: welcomed.
 * - `waiting`: the connection broke; the next try is at `retryAt`.
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
      /** The reason given by the server or the WebSocket; may be empty. */
      readonly message: string;
    }
  | {
      readonly state: 'closed';
      readonly reason: 'idle' | 'closed' | 'unauthenticated' | 'too_large' | 'ended' | 'lost' | 'invalid_url';
      readonly code?: number;
      readonly message?: string;
    };

/** An `error` frame of the server, or an error of the client itself. */
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
  /** `sending`: on its way; `queued`: waits for a connection, or for an earlier message of its conversation. */
  readonly state: 'queued' | 'sending';
  /** The last refusal of the server; the message is sent again. */
  readonly lastError?: ErrorReport;
}

export interface AgentsChange {
  /** All agents after the change, by id. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  readonly changed: readonly AgentStatus[];
  /** Whether the server sent the full list. */
  readonly isFull: boolean;
}

/** Frames that the client processes itself. */
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

/** All other frames are emitted unchanged, under their own names. */
export type ForwardedFrames = { [T in Exclude<ServerFrameType, HandledFrame>]: ServerFrameOf<T> };

/** The events of `client.on`: names and payloads. */
export interface ClientEvents extends ForwardedFrames {
  connection: ConnectionState;
  welcome: ServerFrameOf<'welcome'>;
  /** Every message of each followed conversation once, in order of `seq`. */
  message: ChatMessage;
  /**
   * Pieces of a reply that is being written, in order of `index`; no more of them after the finished message. A client
   * that opens the conversation meanwhile gets only later pieces: a gap in `index` is text that it does not have.
   */
  delta: ServerFrameOf<'message.delta'>;
  status: ServerFrameOf<'message.status'>;
  ack: ServerFrameOf<'ack'>;
  /** The agent that holds a followed conversation; null when the session was left, has moved or has expired. */
  session: ServerFrameOf<'session'>;
  agents: AgentsChange;
  'command.status': ServerFrameOf<'command.status'>;
  'command.output': ServerFrameOf<'command.output'>;
  /** A task of a followed conversation: when it is opened, and on each change; the larger `version` is the newer. */
  task: Task;
  error: ClientError;
  /** The messages not acknowledged yet, in the order they were written, after every change. */
  outbox: readonly OutboxItem[];
}

/** Reports an error of a part of the client. */
export type Report = (error: Omit<ClientError, 'origin'>) => void;

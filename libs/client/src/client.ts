import type {
  AgentSession,
  AgentStatus,
  ChatMessage,
  ClientFrame,
  ClientFrameOf,
  CommandRequestBody,
  ExternalUser,
  ServerFrameOf,
  Target,
} from '@parley/shared-models';
import type { ClientEvents, ConnectionState, OutboxItem } from './client-events.ts';
import type { CommandRun } from './command-runs.ts';
import type { ClientStorage } from './storage.ts';
import type { WebSocketConstructor } from './web-socket-like.ts';

export interface ClientOptions {
  /** `ws://host:port/ws` or `wss://…`. */
  readonly url: string;
  /** The client's name in the server's log and lists: 1 to 100 characters. */
  readonly clientName: string;
  /** Sent with `hello`. A function is called for every connection, so that a renewed token is used. */
  readonly token?: string | (() => string | undefined);
  /** Last seen `seq` of each conversation to follow from the start. @default {} */
  readonly resume?: Readonly<Record<string, number>>;
  /** Keeps messages until they are acknowledged. @default memoryStorage() */
  readonly storage?: ClientStorage;
  /**
   * The WebSocket class. In Node prefer the class of the package `ws`: it reports why a connection failed, and it can
   * terminate a connection to a server that hangs. Node's own class keeps the process alive until the network gives up,
   * since undici has no timeout for the closing handshake and no way to end it.
   * @default globalThis.WebSocket
   */
  readonly webSocket?: WebSocketConstructor;
  /** False: a lost connection stays closed. */
  readonly reconnect?: false | ReconnectOptions;
  /**
   * For an app that calls `connect()` again when the connection is `closed`: sent messages continue to wait, until
   * `close()`. @default false
   */
  readonly keepsWaiting?: boolean;
  /** A message without `ack` for this long is sent again; missing messages are requested again. @default 10000 */
  readonly ackTimeoutMs?: number;
  /** From the connection attempt to the server's `welcome`. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Timeout of `close()` for the server's part of the closing handshake. @default 1000 */
  readonly closeTimeoutMs?: number;
  /** A reply may arrive this long after the server said `answered`. @default 2000 */
  readonly answerGraceMs?: number;
  /** Maximum number of messages that wait for their `ack`, each in another conversation. @default 128 */
  readonly maxUnderWay?: number;
}

/** The wait before try n is drawn evenly from 0 to min(maxMs, minMs · 2ⁿ). */
export interface ReconnectOptions {
  /** @default 250 */
  readonly minMs?: number;
  /** @default 10000 */
  readonly maxMs?: number;
  /** After a connection that lasted this long the waits begin short again. @default 5000 */
  readonly stableMs?: number;
}

export interface SendInput {
  readonly text: string;
  /** Without it a new conversation begins; `send` returns its id. */
  readonly conversationId?: string;
  readonly target?: Target;
  readonly inReplyTo?: string;
  /** For gateways: the writer of the message, outside of Parley. Needs the role operator. */
  readonly onBehalfOf?: ExternalUser;
  /** The idempotency key, a UUID. For a sender that may have sent this message before. @default newId() */
  readonly id?: string;
}

/**
 * A sent message. A rejection of its promises that is not awaited does no harm. When the connection ends for good
 * (`closed`), both are rejected, unless `keepsWaiting`; the message stays in the storage and is sent on the next
 * connection.
 */
export interface Sent {
  readonly id: string;
  readonly conversationId: string;
  /** Durably accepted. Rejects with the server's error, `cancelled`, or `unavailable` when closed. */
  readonly accepted: Promise<ServerFrameOf<'ack'>>;
  /**
   * The first reply of an agent. Rejects with a `ParleyError`: with the reason when the message failed or was
   * dead-lettered, with `not_found` when the agent handled it without a reply.
   */
  readonly answered: Promise<ChatMessage>;
}

export interface Client {
  readonly connection: ConnectionState;
  /** The server's `welcome` of the last connection; undefined before the first. */
  readonly welcome: ServerFrameOf<'welcome'> | undefined;
  /** By id; a new map after every change. On every connection the server sends all agents, then the changes. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  /** The agent that holds a conversation, by followed conversation; a new map after every change. */
  readonly sessions: ReadonlyMap<string, AgentSession>;
  /** Messages not acknowledged yet, in the order they were written; a new array after every change. */
  readonly outbox: readonly OutboxItem[];

  /** Connects, and reconnects when the connection is lost. While waiting, tries at once. */
  connect(): void;
  /**
   * Ends the connection and every timer. Messages without an `ack` stay in the storage; with `memoryStorage` that is as
   * long as the process lives.
   */
  close(): Promise<void>;
  /** @returns removes the listener. The error of a listener that throws is emitted as `error` */
  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void;

  /**
   * Sends, now or as soon as there is a connection, in order inside each conversation. Follows the conversation until
   * `leave`. Two calls with the same `id` before the `ack` are one message.
   */
  send(input: SendInput): Sent;
  /** Stops an answer, or removes a message that was never sent. @returns whether that is done or on its way */
  cancel(messageId: string): boolean;
  /**
   * Follows a conversation, over reconnects, until `leave`. Its messages are emitted as `message`.
   * @param afterSeq only later messages. @default the last seen message, or 0: all messages
   */
  open(conversationId: string, afterSeq?: number): void;
  leave(conversationId: string): void;
  /** The `seq` of the last emitted message; undefined when the conversation is not followed. */
  lastSeq(conversationId: string): number | undefined;
  /** @returns false when nothing is sent: without a connection, or before the server knows the conversation */
  typing(conversationId: string, isTyping: boolean): boolean;
  /** Requests the full list of agents, now or as soon as there is a connection. */
  requestAgents(): void;
  /** For operators. @returns false without a connection: then nothing is sent, now or later */
  control(agentId: string, action: ClientFrameOf<'agent.control'>['action']): boolean;
  /**
   * For operators: runs a command on one agent (`agentId`) or several (`agentIds`) and follows its output, over reconnects.
   * Without a connection the request is sent on the next one.
   */
  run(request: CommandRequestBody): CommandRun;
  /** Follows a command, over reconnects, until `leaveCommand`: its state, and its output after `afterSeq`. @param afterSeq @default 0 */
  openCommand(id: string, afterSeq?: number): void;
  leaveCommand(id: string): void;
  /** Sends any other frame. @returns false without a connection: then nothing is sent, now or later */
  frame(frame: Exclude<ClientFrame, { type: 'hello' }>): boolean;
}

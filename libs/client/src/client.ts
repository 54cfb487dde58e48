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
  /** What the server's log and lists call this client: 1 to 100 characters. */
  readonly clientName: string;
  /** Sent with `hello`. A function is asked for every connection, so that a renewed token is used. */
  readonly token?: string | (() => string | undefined);
  /** Last seen `seq` of each conversation to follow from the start. @default {} */
  readonly resume?: Readonly<Record<string, number>>;
  /** Keeps messages until they are acknowledged. @default memoryStorage() */
  readonly storage?: ClientStorage;
  /**
   * The class to connect with. In Node prefer that of the package `ws`: it says why a connection failed, and it can
   * leave a server that hangs, where Node's own keeps the process alive until the network gives up (undici has no
   * timeout for the closing handshake and no way to end it).
   * @default globalThis.WebSocket
   */
  readonly webSocket?: WebSocketConstructor;
  /** False: a lost connection stays closed. */
  readonly reconnect?: false | ReconnectOptions;
  /**
   * For an app that calls `connect()` again when the connection is `closed`: what was sent goes on waiting, until
   * `close()`. @default false
   */
  readonly keepsWaiting?: boolean;
  /** Without `ack` for this long, a message is sent again; likewise for missing messages. @default 10000 */
  readonly ackTimeoutMs?: number;
  /** From dialling to the server's `welcome`. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** How long `close()` waits for the server. @default 1000 */
  readonly closeTimeoutMs?: number;
  /** How long a reply may take after the server said `answered`. @default 2000 */
  readonly answerGraceMs?: number;
  /** Messages that wait for their `ack` at once, each in another conversation. @default 128 */
  readonly maxUnderWay?: number;
}

/** The wait before try n is drawn evenly from 0 to min(maxMs, minMs · 2ⁿ). */
export interface ReconnectOptions {
  /** @default 250 */
  readonly minMs?: number;
  /** @default 10000 */
  readonly maxMs?: number;
  /** After a connection that held this long the waits begin short again. @default 5000 */
  readonly stableMs?: number;
}

export interface SendInput {
  readonly text: string;
  /** Without it a new conversation begins; its id is in what `send` returns. */
  readonly conversationId?: string;
  readonly target?: Target;
  readonly inReplyTo?: string;
  /** For gateways: who wrote it, outside of Parley. Needs the role operator. */
  readonly onBehalfOf?: ExternalUser;
  /** The idempotency key, a UUID. For a sender that may have sent this very message before. @default newId() */
  readonly id?: string;
}

/**
 * A message on its way. Nobody has to await the promises: a rejection that nobody looks at does no harm.
 * When the connection ends for good (`closed`), both are rejected, unless `keepsWaiting`; the message stays in the
 * storage and is sent by the next connection.
 */
export interface Sent {
  readonly id: string;
  readonly conversationId: string;
  /** Durably accepted. Rejects with the server's error when it refused, `cancelled`, or `unavailable` when closed. */
  readonly accepted: Promise<ServerFrameOf<'ack'>>;
  /**
   * The first reply of an agent. Rejects with a `ParleyError`: with the reason when the message failed or was
   * dead-lettered, `not_found` when the agent handled it without a reply.
   */
  readonly answered: Promise<ChatMessage>;
}

export interface Client {
  readonly connection: ConnectionState;
  /** What the server said of itself on the last connection; undefined before the first. */
  readonly welcome: ServerFrameOf<'welcome'> | undefined;
  /** By id; a new map after every change. The server sends all on every connection, then what changes. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  /** By followed conversation, with whom it is while an agent holds it; a new map after every change. */
  readonly sessions: ReadonlyMap<string, AgentSession>;
  /** Messages not acknowledged yet, in the order they were written; a new array after every change. */
  readonly outbox: readonly OutboxItem[];

  /** Connects, and stays connected. When waiting, tries at once. */
  connect(): void;
  /**
   * Ends the connection and every timer. What is not acknowledged stays in the storage; with `memoryStorage` that is
   * as long as the process lives.
   */
  close(): Promise<void>;
  /** @returns the function that takes the listener away. A listener that throws is reported on `error`. */
  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void;

  /**
   * Sends, now or as soon as there is a connection, in order inside each conversation. Follows the conversation until
   * `leave`. Sent twice with the same `id` while it waits, it is one message.
   */
  send(input: SendInput): Sent;
  /** Stops an answer, or takes back a message never sent. @returns whether that is done or on its way */
  cancel(messageId: string): boolean;
  /**
   * Follows a conversation, over reconnects, until `leave`. Messages come on `message`.
   * @param afterSeq only what comes after it. @default what was seen last, or 0: everything
   */
  open(conversationId: string, afterSeq?: number): void;
  leave(conversationId: string): void;
  /** The `seq` of the last message handed on; undefined when the conversation is not followed. */
  lastSeq(conversationId: string): number | undefined;
  /** @returns false when nothing is sent: without a connection, or before the server knows the conversation */
  typing(conversationId: string, isTyping: boolean): boolean;
  /** Asks for the full list of agents, now or as soon as there is a connection. */
  requestAgents(): void;
  /** For operators. @returns false when there is no connection: then nothing is sent, now or later */
  control(agentId: string, action: ClientFrameOf<'agent.control'>['action']): boolean;
  /**
   * For operators: runs a command on one agent (`agentId`) or several (`agentIds`) and follows its output, over reconnects.
   * Without a connection it goes out with the next one.
   */
  run(request: CommandRequestBody): CommandRun;
  /** Follows a command, over reconnects, until `leaveCommand`: its state, and its output after `afterSeq`. @param afterSeq @default 0 */
  openCommand(id: string, afterSeq?: number): void;
  leaveCommand(id: string): void;
  /** Any other frame. @returns false when there is no connection: then nothing is sent, now or later */
  frame(frame: Exclude<ClientFrame, { type: 'hello' }>): boolean;
}

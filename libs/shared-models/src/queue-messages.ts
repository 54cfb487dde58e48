import { z } from 'zod';
import { SessionHint } from './agent-session.ts';
import { AgentClaim, WantedAgentState } from './agent-status.ts';
import { ChannelName, PublishedEvent } from './channel-event.ts';
import { AnyTimestamp, RoutingDecision, UnstoredMessage } from './chat-message.ts';
import { Target } from './client-frames.ts';
import { boundedArray } from './collections.ts';
import { ErrorCode } from './errors.ts';
import { AgentId, Id } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Participant } from './participants.ts';
import type { ServerFrame } from './server-frames.ts';
import { TaskProgress } from './task.ts';

/**
 * Messages in the queues, told apart by the AMQP property `type`. `npm run docs` reads these lines.
 * - `chat.message`  server → broker → server → agent: a stored message on its way to an agent. Body: `ChatMessage`.
 * - `chat.reply`    agent → broker → server: a piece of the answer. Body: `ReplyBody`.
 * - `chat.settled`  agent → broker → server: handled without a reply. Body: `Settled`.
 * - `chat.failed`   agent → broker → server, or broker → server: will not be answered. Body: `Failure`.
 * - `channel.event` anybody → exchange `channels` → `channel_queue_<group>`: something happened. Body: `EventBody`.
 */
export const QueueMessageType = z.enum([
  'chat.message',
  'chat.reply',
  'chat.settled',
  'chat.failed',
  'channel.event',
]);
export type QueueMessageType = z.infer<typeof QueueMessageType>;

export const Settled = z.object({ requestId: Id });
export type Settled = z.infer<typeof Settled>;

export const Failure = z.object({ requestId: Id, code: ErrorCode, message: z.string().max(1000) });
export type Failure = z.infer<typeof Failure>;

/** `chat.reply`: always answers a request. Written by agents in any language. */
export const ReplyBody = UnstoredMessage.extend({ inReplyTo: Id, createdAt: AnyTimestamp });
export type ReplyBody = z.infer<typeof ReplyBody>;

/** `channel.event`: a `PublishedEvent`, written by anybody in any language. */
export const EventBody = PublishedEvent.extend({ at: AnyTimestamp });

/**
 * AMQP headers. All a broker needs to forward a message stands here, so that it need not parse the body of one
 * that is addressed already. Header names are lower case with dashes, values are strings or integers. The
 * comment above a header comes into docs/protocol.md.
 */
export const HEADERS = {
  /** Id of the conversation. */
  conversation: 'conversation',
  /** `user:<id>`, `agent:<id>`, `system:<id>` or `external:<id>`. */
  sender: 'sender',
  /** The receiver in the same form, where it is known. */
  receiver: 'receiver',
  /** JSON of `Target`, where the sender named an agent or a group. */
  target: 'target',
  /** JSON of `SessionHint`, where an agent has answered in the conversation before. */
  session: 'session',
  /** `<list id>:<number>`, as in the status stream: how new the server's list of agents was. A broker that follows that list waits up to 2 s until its own number is as high. */
  agentsRevision: 'agents-revision',
  /** JSON of `RoutingDecision`, from the broker to the server. */
  routing: 'routing',
  /** On messages from an agent, its incarnation; on messages to it, the least that it must have to handle them. */
  incarnation: 'incarnation',
  /** How often the message was routed before, 0 the first time. */
  attempt: 'attempt',
  /** How often an operator replayed it from the dead letters, 0 or absent the first time. */
  replays: 'replays',
  /**
   * `service=unix milliseconds` joined by `;`: each process that took the message, in order, over all attempts.
   * `lost:<agent id>`: the agent that had it went away; `redelivered:<count>`: so often the agent that follows was handed it before.
   */
  hops: 'hops',
  /** Of an event: its channel. */
  channel: 'channel',
  /** Of an event: its type. */
  eventType: 'event-type',
  /** Of an event: the id of its cause. On `chat.reply`: the event or task that it follows from; it stands beside the answer. */
  causation: 'causation',
  /** W3C trace context, from the server on; its trace id is the id of the message that began it, without dashes. Goes on to the answer. */
  traceparent: 'traceparent',
  /** On a dead letter: one of the error codes, or RabbitMQ's own reason. */
  deathReason: 'death-reason',
  /** On a dead letter: why, as a sentence. */
  deathMessage: 'death-message',
  /** On a dead letter: the queue it died in. */
  deathQueue: 'death-queue',
} as const;

/** A value as JSON in a header, and back. @throws as `parseHeader` */
export const encodeTarget = (target: Target): string => JSON.stringify(target);
export const decodeTarget = (header: string): Target => parseHeader(Target, header);
export const encodeSessionHint = (hint: SessionHint): string => JSON.stringify(hint);
export const decodeSessionHint = (header: string): SessionHint => parseHeader(SessionHint, header);
export const encodeRouting = (routing: RoutingDecision): string => JSON.stringify(routing);
export const decodeRouting = (header: string): RoutingDecision => parseHeader(RoutingDecision, header);

/**
 * How new a server's list of agents is: a random id of the list and a number that grows by one with each change, with a
 * colon between. It goes with the server's news of its agents and with its messages to the broker.
 */
export function listRevision(listId: string, changes: number): string {
  return `${listId}:${changes}`;
}

/** Whether a list has all that another one of the same server had. Of two servers' lists that cannot be told: true. */
export function isAsNewAs(known: string, wanted: string): boolean {
  const end = wanted.lastIndexOf(':');
  if (end < 0 || known.slice(0, known.lastIndexOf(':')) !== wanted.slice(0, end)) return true;
  return Number(known.slice(end + 1)) >= Number(wanted.slice(end + 1));
}

/** Key of the signals for one agent. */
export const agentSignalKey = (agentId: string): string => `agent:${agentId}`;

/**
 * Signals, broadcast between processes and lost when nobody listens, told apart by the property `type`.
 * The routing key is the conversation's id, or one of `SIGNAL_KEYS`.
 */
export const SIGNAL_KEYS = {
  /** News between servers. */
  servers: 'servers',
  /** News between servers about commands. */
  commands: 'commands',
  /** News between servers about agents and brokers. */
  agents: 'agents',
} as const;

/** Passed on as it came: a server of the next version may say more than this one knows. */
const FrameOfServer = z.custom<ServerFrame>(
  (value) => z.object({ type: z.string() }).safeParse(value).success,
);

export const Signals = {
  /** A piece of a reply being written, from the agent; key: the conversation's id. */
  'chat.delta': z.object({
    messageId: Id,
    conversationId: Id,
    agentId: z.string(),
    index: z.number().int().nonnegative(),
    /** From a server that was asked with `chat.growing`: the text is that of the pieces from this one to `index`. */
    from: z.number().int().nonnegative().optional(),
    text: z.string(),
    inReplyTo: Id,
  }),
  /** A server asks the others for the unfinished replies of a conversation; key: the conversation's id. */
  'chat.growing': z.object({ serverId: Id }),
  /** Somebody is writing; key: the conversation's id. */
  'chat.typing': z.object({ conversationId: Id, by: Participant, isTyping: z.boolean() }),
  /** From an agent that does a step of a task, to the followers of the task's conversation; key: the conversation's id. */
  'task.progress': TaskProgress,
  /** To an agent: the sender wants no answer to this message any more; key: `agent:<agentId>`. */
  'chat.cancel': z.object({ messageId: Id }),
  /** A server has logged an event; key `SIGNAL_KEYS.servers`. */
  'channel.logged': z.object({
    serverId: Id,
    /** The event's place in the log, the same in each server's. */
    number: z.int().positive(),
    channel: ChannelName,
    event: PublishedEvent,
  }),
  /** A server says that it is there, to which others it signals, and which frames it reads; key `SIGNAL_KEYS.servers`. */
  'server.here': z.object({
    serverId: Id,
    knows: boundedArray(Id, LIMITS.signalItems).default([]),
    /** As in `hello`: while some server reads 1 only, frames between servers are told apart. */
    frames: z.number().int().positive().default(1),
  }),
  /** A server's news of agents and of the brokers that joined it, and the ids it has forgotten; key `SIGNAL_KEYS.agents`. */
  'server.agents': z.object({
    serverId: Id,
    agents: boundedArray(AgentClaim, LIMITS.signalItems),
    removed: boundedArray(AgentId, LIMITS.signalItems),
    brokers: boundedArray(z.string(), LIMITS.signalItems),
  }),
  /** An operator wants this of the agent: the store has it; key `SIGNAL_KEYS.agents`. */
  'agent.wanted': z.object({ serverId: Id, agentId: AgentId, wanted: WantedAgentState }),
  /** A command has another state, or has printed more: the store has it; key `SIGNAL_KEYS.commands`. */
  'command.changed': z.object({ serverId: Id, commandId: Id, agentId: z.string(), hasNewState: z.boolean() }),
  /** From one server to the others: a frame for all who follow the conversation that is the key. */
  frame: z.object({ serverId: Id, frame: FrameOfServer }),
} as const;
export type SignalType = keyof typeof Signals;
export type SignalOf<T extends SignalType> = z.infer<(typeof Signals)[T]>;

/** By hand: parsed for each message, it would take longer than the rest of its head. */
export const QueueHeaders = z.custom<Readonly<Record<string, string | number>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((header) => typeof header === 'string' || typeof header === 'number'),
  'must be an object whose values are strings and numbers',
);

/** undefined when the text is not the JSON of headers */
export function readQueueHeaders(text: string): z.infer<typeof QueueHeaders> | undefined {
  try {
    return QueueHeaders.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The queues' names are part of the protocol: other languages use them. */
export const BROKER_INPUT_QUEUE = 'broker_input_queue';
export const SERVER_INPUT_QUEUE = 'server_input_queue';
export const DEAD_LETTER_QUEUE = 'dead_letter_queue';

export type AgentQueueName = `agent_queue_${string}`;
export type ChannelQueueName = `channel_queue_${string}`;
export type QueueName =
  | typeof BROKER_INPUT_QUEUE
  | typeof SERVER_INPUT_QUEUE
  | typeof DEAD_LETTER_QUEUE
  | AgentQueueName
  | ChannelQueueName;

export const agentQueue = (agentId: string): AgentQueueName => `agent_queue_${agentId}`;

/** The queue of the events that a group of agents has subscribed to; its instances share it. */
export const channelQueue = (group: string): ChannelQueueName => `channel_queue_${group}`;

/** The agent whose queue this is, or undefined for the other queues. */
export function agentOfQueue(queue: string): string | undefined {
  return queue.startsWith('agent_queue_') ? queue.slice('agent_queue_'.length) : undefined;
}

/**
 * W3C trace context (version 00, sampled) of all that follows from this message or event. The trace id is its id without
 * dashes: it is published again, after a crash or for another attempt, with the same one, and a trace is found by
 * the message's id.
 */
export function traceparentOf(id: string): string {
  const traceId = id.replaceAll('-', '');
  return `00-${traceId}-${traceId.slice(16)}-01`;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace id in the headers of a queue message, for log lines about it; undefined: it has none. */
export function traceIdOf(headers: Readonly<Record<string, string | number>>): string | undefined {
  return TRACEPARENT.exec(String(headers[HEADERS.traceparent] ?? ''))?.[1];
}

/**
 * The value of a queue message's header, from its JSON.
 * @throws RangeError when it is too long to be parsed (`LIMITS.headerLength`), SyntaxError or ZodError when it is malformed
 */
function parseHeader<T>(schema: z.ZodType<T>, header: string): T {
  if (header.length > LIMITS.headerLength) throw new RangeError(`a header of ${header.length} characters`);
  return schema.parse(JSON.parse(header));
}

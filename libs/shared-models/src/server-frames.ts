import { z } from 'zod';
import { SessionChange } from './agent-session.ts';
import { AgentLoad, AgentStatus } from './agent-status.ts';
import { ChannelName, PublishedEvent } from './channel-event.ts';
import { ChatMessage, MessageStatus, MessageText, Timestamp } from './chat-message.ts';
import { CommandRecord, CommandState, OutputStreamName } from './command.ts';
import { Conversation } from './conversation.ts';
import { ErrorReport } from './errors.ts';
import { QueuesReset } from './http-models.ts';
import { Id } from './ids.ts';
import { Participant, User } from './participants.ts';
import { Task, TaskProgress } from './task.ts';

export const ServerFrames = {
  welcome: z.object({
    type: z.literal('welcome'),
    connectionId: Id,
    user: User,
    serverTime: Timestamp,
    /** Send a `ping` at least this often, in milliseconds; after two without any frame the server closes. */
    heartbeatMs: z.number().int().positive(),
    queue: z.enum(['rabbitmq', 'embedded']),
    /** For people: `offline rules`, or provider and model. */
    languageModel: z.string(),
  }),
  /** The message is durably accepted. Sent again, the same answer. */
  ack: z.object({
    type: z.literal('ack'),
    id: Id,
    conversationId: Id,
    seq: z.number().int().positive(),
    /** To `frames` 2, where it is the conversation's next for this connection: then no frame `message` brings it. */
    message: ChatMessage.optional(),
  }),
  message: z.object({
    type: z.literal('message'),
    message: ChatMessage,
    /** To `frames` 2, with an answer or an ERROR: how the request `inReplyTo` stands with it. Then no `message.status` says so. */
    status: MessageStatus.omit({ messageId: true, conversationId: true }).optional(),
  }),
  /** A piece of a reply being written: `messageId` is the id that the finished reply will have. */
  'message.delta': z.object({
    type: z.literal('message.delta'),
    messageId: Id,
    conversationId: Id,
    agentId: z.string(),
    /** From 0, without gaps; a gap means a piece was lost: wait for the finished reply. */
    index: z.number().int().nonnegative(),
    /** Given to clients that open the conversation while it is written: the text is that of all pieces from this one to `index`. */
    from: z.number().int().nonnegative().optional(),
    text: z.string(),
    inReplyTo: Id.optional(),
  }),
  'message.status': MessageStatus.extend({ type: z.literal('message.status') }),
  typing: z.object({
    type: z.literal('typing'),
    conversationId: Id,
    by: Participant,
    isTyping: z.boolean(),
  }),
  /** To its followers whose `hello` had `frames` 3 or more: it has another title. */
  conversation: z.object({ type: z.literal('conversation'), conversation: Conversation }),
  /** The agent that holds the conversation: on opening one that is held, and on each change. */
  session: SessionChange.extend({ type: z.literal('session') }),
  /** All agents when `isFull`; otherwise only those that changed. An agent that was removed has state `offline`. */
  agents: z.object({ type: z.literal('agents'), agents: z.array(AgentStatus), isFull: z.boolean() }),
  /**
   * How busy agents are, where nothing else about them changed; at most once a second. To clients whose `hello` had `frames` 2 or more;
   * others get `agents`.
   */
  'agents.load': z.object({ type: z.literal('agents.load'), agents: z.array(AgentLoad) }),
  /** To every operator, on each change; answers `command.run`, `command.open`, `command.approve` and `command.reject` too. */
  'command.status': z.object({
    type: z.literal('command.status'),
    id: Id,
    state: CommandState,
    command: CommandRecord,
  }),
  /** To those who follow the command, in order of `seq`. */
  'command.output': z.object({
    type: z.literal('command.output'),
    id: Id,
    stream: OutputStreamName,
    seq: z.number().int().positive(),
    data: z.string(),
  }),
  /** Answers `queues.reset`: how many messages each queue lost, and how many requests failed of it. */
  'queues.reset': QueuesReset.extend({ type: z.literal('queues.reset') }),
  /** To those who follow the task's conversation: on opening it, and on each change. Answers `task.cancel` too. */
  'task.update': z.object({ type: z.literal('task.update'), task: Task }),
  /** To the same: progress of a step, from the agent that does it. Not stored, not repeated. */
  'task.progress': TaskProgress.extend({ type: z.literal('task.progress') }),
  /** The event is durably accepted and will reach its channel. Sent again, the same answer. */
  'event.accepted': z.object({ type: z.literal('event.accepted'), id: Id }),
  event: z.object({ type: z.literal('event'), channel: ChannelName, event: PublishedEvent }),
  /** To a gateway: pass this on to the external server, and answer with `external.sent`. */
  'external.send': z.object({
    type: z.literal('external.send'),
    id: Id,
    text: MessageText,
    /** The receiver, as the external server knows them. */
    userId: z.string().min(1).max(128).optional(),
  }),
  /** `inReplyTo`: the `id`, `messageId`, `conversationId`, … of the frame that it answers, where it had one. */
  error: ErrorReport.extend({ type: z.literal('error'), inReplyTo: z.string().optional() }),
  pong: z.object({ type: z.literal('pong') }),
} as const;

export type ServerFrameType = keyof typeof ServerFrames;
export type ServerFrameOf<T extends ServerFrameType> = z.infer<(typeof ServerFrames)[T]>;
export type ServerFrame = { [T in ServerFrameType]: ServerFrameOf<T> }[ServerFrameType];

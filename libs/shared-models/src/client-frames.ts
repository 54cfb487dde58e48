import { z } from 'zod';
import { ChannelEvent, ChannelName } from './channel-event.ts';
import { MessageText } from './chat-message.ts';
import { boundedRecord } from './collections.ts';
import { CommandRequest } from './command.ts';
import { ExternalStatus, ExternalUser } from './external.ts';
import { AgentId, AgentName, Id } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { Action } from './permissions.ts';
import { nameText } from './visible-text.ts';

/** Whom a message is for. With none of them, the broker chooses. */
export const Target = z
  // A key that is misspelt and left out would send the message to somebody else.
  .strictObject({ agentId: AgentId.optional(), agentName: AgentName.optional(), group: AgentId.optional() })
  .refine((target) => Object.values(target).filter((value) => value !== undefined).length <= 1, {
    message: 'give one of agentId, agentName, group',
  });
export type Target = z.infer<typeof Target>;

/** Last `seq` that the client has seen, for each conversation it wants to go on following. */
export const Resume = boundedRecord(Id, z.number().int().nonnegative(), LIMITS.resumedConversations);
export type Resume = z.infer<typeof Resume>;

/** The newest frames that there are, by number, as `frames` of `hello` has it. */
export const NEWEST_FRAMES = 3;

export const ClientFrames = {
  hello: z.object({
    type: z.literal('hello'),
    token: z.string().max(8192).optional(),
    clientName: nameText(100),
    resume: Resume.optional(),
    /**
     * The newest frames that the client reads, by number. From 2 on, simultaneous news of one kind is one frame, and the
     * agents' load comes as `agents.load`; from 3 on, a new title comes as `conversation`. @default 1
     */
    frames: z.number().int().positive().max(1000).optional(),
  }),
  'message.send': z.object({
    type: z.literal('message.send'),
    /** Made by the client; the idempotency key: sent again, it is acknowledged again and stored once. */
    id: Id,
    /** Without it a new conversation begins; its id comes with the `ack`. */
    conversationId: Id.optional(),
    text: MessageText,
    target: Target.optional(),
    inReplyTo: Id.optional(),
    /** For gateways, with the role operator: the writer. The sender is then of kind `external`. */
    onBehalfOf: ExternalUser.optional(),
  }),
  'message.cancel': z.object({ type: z.literal('message.cancel'), messageId: Id }),
  'conversation.open': z.object({
    type: z.literal('conversation.open'),
    conversationId: Id,
    afterSeq: z.number().int().nonnegative().optional(),
  }),
  'conversation.close': z.object({ type: z.literal('conversation.close'), conversationId: Id }),
  typing: z.object({ type: z.literal('typing'), conversationId: Id, isTyping: z.boolean() }),
  'agents.request': z.object({ type: z.literal('agents.request') }),
  'agent.control': z.object({
    type: z.literal('agent.control'),
    agentId: z.union([AgentId, z.literal('*')]),
    action: z.enum(['pause', 'resume', 'deregister', 'reregister', 'shutdown']),
  }),
  'queues.reset': z.object({ type: z.literal('queues.reset'), confirm: z.literal(true) }),
  'command.run': CommandRequest.safeExtend({ type: z.literal('command.run') }),
  'command.cancel': z.object({ type: z.literal('command.cancel'), id: Id }),
  /** Follows the command: first its state and its output after `afterSeq`, then each change. */
  'command.open': z.object({
    type: z.literal('command.open'),
    id: Id,
    afterSeq: z.number().int().nonnegative().optional(),
  }),
  'command.close': z.object({ type: z.literal('command.close'), id: Id }),
  /** Lets a command pass that waits for a second person. */
  'command.approve': z.object({ type: z.literal('command.approve'), id: Id }),
  'command.reject': z.object({
    type: z.literal('command.reject'),
    id: Id,
    reason: z.string().max(500).optional(),
  }),
  'task.cancel': z.object({ type: z.literal('task.cancel'), taskId: Id }),
  /** Follows a channel: first its last events, then each new one. */
  'channel.open': z.object({
    type: z.literal('channel.open'),
    channel: ChannelName,
    /** How many of the last events. @default 0 */
    last: z.number().int().min(0).max(LIMITS.eventsPage).optional(),
  }),
  'channel.close': z.object({ type: z.literal('channel.close'), channel: ChannelName }),
  'event.publish': z.object({ type: z.literal('event.publish'), channel: ChannelName, event: ChannelEvent }),
  /** A gateway tells how its connection to an external server stands; at most one external server a connection. */
  'external.report': z.object({ type: z.literal('external.report'), status: ExternalStatus }),
  /** Answers `external.send` with the same id. */
  'external.sent': z.object({
    type: z.literal('external.sent'),
    id: Id,
    ok: z.boolean(),
    /** Why not, where `ok` is false. */
    error: z.string().max(500).optional(),
  }),
  ping: z.object({ type: z.literal('ping') }),
} as const;

export type ClientFrameType = keyof typeof ClientFrames;
export type ClientFrameOf<T extends ClientFrameType> = z.infer<(typeof ClientFrames)[T]>;
export type ClientFrame = { [T in ClientFrameType]: ClientFrameOf<T> }[ClientFrameType];

/** The permission that each frame needs; `none`: only to be signed in. */
export const FRAME_ACTIONS: { readonly [T in ClientFrameType]: Action | 'none' } = {
  hello: 'none',
  ping: 'none',
  'message.send': 'conversations.write',
  'message.cancel': 'conversations.write',
  'conversation.open': 'conversations.read',
  'conversation.close': 'conversations.read',
  typing: 'conversations.write',
  'agents.request': 'agents.read',
  'agent.control': 'agents.control',
  'queues.reset': 'queues.reset',
  'command.run': 'commands.run',
  'command.cancel': 'commands.run',
  'command.open': 'commands.read',
  'command.close': 'commands.read',
  'command.approve': 'commands.approve',
  'command.reject': 'commands.approve',
  'task.cancel': 'tasks.cancel',
  'channel.open': 'channels.read',
  'channel.close': 'channels.read',
  'event.publish': 'events.publish',
  'external.report': 'external.report',
  'external.sent': 'external.report',
};

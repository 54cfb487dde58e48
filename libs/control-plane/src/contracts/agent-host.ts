import {
  AgentId,
  AgentProfile,
  ChannelName,
  type ChatMessage,
  ErrorCode,
  EventType,
  Id,
  LIMITS,
  Metadata,
  ParleyError,
  type PublishedEvent,
  slugOf,
} from '@parley/shared-models';
import { z } from 'zod';
import { Event } from '../wire/channel-event.ts';
import { Message } from '../wire/chat-message.ts';
import { outputStream } from '../wire/enum-names.ts';
import { jsonText } from '../wire/json-text.ts';
import { parseRequest } from '../wire/parse.ts';
import { duplex, type Wire } from './contract.ts';
import { exampleReply } from './conversation.ts';
import { Entry, type MemoryEntry, MemoryKeyName, MemorySubject, MemoryValue } from './memory.ts';
import { PeerId } from './registration.ts';

/** A field that has its default where it was not set. */
const unset = <T>(value: string | number, schema: z.ZodType<T>) =>
  z.preprocess((given) => (given === value ? undefined : given), schema.optional()).optional();

const Count = z.number().int().nonnegative();
const Text = z.string();
const Line = z.string().max(4000);
const Version = Count.nullish();
const Flag = z.boolean().optional();

const Profile = z.preprocess((profile) => {
  const { name, group, ...rest } = (profile ?? {}) as { readonly name?: unknown; readonly group?: unknown };
  if (typeof name !== 'string' || name === '' || (group !== '' && group !== undefined)) return profile;
  return { name, group: slugOf(name), ...rest };
}, AgentProfile);

const Hello = z.object({
  profile: Profile,
  agentId: unset('', AgentId),
  isExclusive: Flag,
  instanceId: unset('', PeerId),
  needsSignIn: Flag,
  takesSessionEnd: Flag,
  attempts: unset(0, z.number().int().min(1).max(100)),
  commandConcurrency: unset(0, z.number().int().min(1).max(1000)),
});
/** An agent that works over the stream. */
export type AgentHello = z.infer<typeof Hello>;

/** Longest metadata of a reply as JSON, in bytes: it travels in one frame with the text. */
export const METADATA_BYTES = 32 * 1024;

const Reply = z.object({
  text: Text,
  metadata: unset(
    '',
    Text.refine((text) => Buffer.byteLength(text) <= METADATA_BYTES, `at most ${METADATA_BYTES} bytes`).pipe(
      jsonText(Metadata),
    ),
  ),
  more: Flag,
  inReplyTo: unset('', Id),
});

const Failure = z.object({
  code: unset('', ErrorCode),
  // The text of an exception may be long.
  message: Text.transform((text) => text.slice(0, 1000)),
});

const key = { key: MemoryKeyName, isShared: Flag, userId: unset('', MemorySubject) };

const Call = z.object({
  number: Count,
  readMemory: z.object(key).optional(),
  writeMemory: z.object({ ...key, value: MemoryValue, expectedVersion: Version }).optional(),
  forgetMemory: z.object({ ...key, expectedVersion: Version }).optional(),
  readHistory: z.object({ limit: unset(0, z.number().int().min(1).max(LIMITS.messagesPage)) }).optional(),
  ask: z
    .object({
      targetName: Text.optional(),
      targetAgentId: Text.optional(),
      targetGroup: Text.optional(),
      text: Text,
      timeoutMs: unset(0, z.number().int().min(1).max(LIMITS.askTimeoutMs)),
    })
    .optional(),
  publish: z
    .object({ channel: ChannelName, type: EventType, payload: Text.default(''), id: unset('', Id) })
    .optional(),
  begin: z.object({ rule: unset('', Text.max(200)), timeoutMs: unset(0, Count) }).optional(),
});
/** A call to the server within one piece of work: one of these. */
export type HostCall = z.infer<typeof Call>;

const Output = z.object({
  stream: z
    .literal('OUTPUT_STREAM_UNSPECIFIED')
    .transform((): 'stdout' => 'stdout')
    .or(outputStream.schema),
  data: z.instanceof(Uint8Array),
});

const CommandEnd = z.object({
  exitCode: z.number().int().nullish(),
  signal: unset('', Text.max(32)),
  errorMessage: unset('', Line),
  refusedBy: Text.max(200).nullish(),
  awaitsApprovalBy: Text.max(200).nullish(),
  isTruncated: Flag,
});
export type CommandEnd = z.infer<typeof CommandEnd>;

const KINDS = {
  hello: Hello,
  reply: Reply,
  piece: Text,
  typing: z.boolean(),
  done: z.object({}),
  failed: Failure,
  call: Call,
  output: Output,
  commandEnd: CommandEnd,
  leave: z.object({ timeoutMs: unset(0, Count.max(3_600_000)) }),
};

const Frame = z
  .object(KINDS)
  .partial()
  .extend({ work: Count })
  .refine((frame) => Object.keys(frame).length === 2, {
    path: ['frame'],
    message: 'it must have one of the fields beside `work`',
  });

/** A frame of an agent: one of the fields; `malformed` where that is invalid. */
export type AgentFrame = z.infer<typeof Frame> & {
  readonly malformed?: {
    readonly path: string;
    readonly message: string;
    /** The number of the call that is wrong. */
    readonly call?: number | undefined;
  };
};

/** An invalid frame ends the work that it is about, and not the stream. */
const AnyFrame = z.unknown().transform((given): AgentFrame => {
  try {
    return parseRequest(Frame, given);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    const { work, call } = given as {
      readonly work?: unknown;
      readonly call?: { readonly number?: unknown };
    };
    const path = String(error.details?.path);
    const malformed = { path, message: error.message, ...(call ? { call: Number(call.number) } : {}) };
    return { work: Number(work), malformed };
  }
});

/** A frame of the server about one of an agent's works: one of the fields. */
export interface ServerFrame {
  readonly work: number;
  readonly welcome?: { readonly agentId: string; readonly peopleSignIn: boolean };
  readonly message?: {
    readonly message: ChatMessage;
    readonly userId: string;
    readonly userName: string;
    readonly endsSession: boolean;
  };
  readonly event?: { readonly channel: ChannelName; readonly event: PublishedEvent };
  readonly command?: WorkCommand;
  readonly stop?: { readonly reason: string };
  readonly over?: { readonly code: string; readonly message: string; readonly path: string };
  readonly answer?: HostAnswer;
}

interface WorkCommand {
  readonly commandId: string;
  readonly line: string;
  readonly cwd: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly outputLimitBytes: number;
}

/** The result of a call; without an `errorCode` it is done. */
export interface HostAnswer {
  readonly number: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly entry?: MemoryEntry | undefined;
  readonly messages?: readonly ChatMessage[];
  readonly reply?: ChatMessage | undefined;
  readonly eventId?: string;
}

const orNothing = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

const serverFrames: Wire<ServerFrame> = {
  encode: ({ message, event, answer, ...frame }) => ({
    ...frame,
    ...(message === undefined ? {} : { message: { ...message, message: Message.encode(message.message) } }),
    ...(event === undefined ? {} : { event: { ...event, event: Event.encode(event.event) } }),
    ...(answer === undefined
      ? {}
      : {
          answer: {
            ...answer,
            messages: answer.messages?.map(Message.encode),
            reply: answer.reply && Message.encode(answer.reply),
          },
        }),
  }),
  schema: z.object({
    work: Count,
    welcome: z.object({ agentId: AgentId, peopleSignIn: z.boolean() }).optional(),
    message: z
      .object({ message: Message.schema, userId: Text, userName: Text, endsSession: z.boolean() })
      .optional(),
    event: z.object({ channel: ChannelName, event: Event.schema }).optional(),
    command: z
      .object({
        commandId: Id,
        line: Text,
        cwd: Text,
        requestedBy: Text,
        approvedBy: Text,
        outputLimitBytes: Count,
      })
      .optional(),
    stop: z.object({ reason: Text }).optional(),
    over: z.object({ code: Text, message: Text, path: Text }).optional(),
    answer: z
      .object({
        number: Count,
        errorCode: Text,
        errorMessage: Text,
        entry: orNothing(Entry.schema),
        messages: z.array(Message.schema),
        reply: orNothing(Message.schema),
        eventId: Text,
      })
      .optional(),
  }) as z.ZodType<ServerFrame>,
};

export const agentHost = {
  /** An agent in any language; the handler registers it, and hands it its work. */
  work: duplex({
    service: 'AgentHost',
    rpc: 'Work',
    caller: 'anybody',
    request: {
      schema: AnyFrame,
      encode: ({ reply, ...frame }) => ({
        ...frame,
        ...(reply === undefined
          ? {}
          : { reply: { ...reply, metadata: reply.metadata && JSON.stringify(reply.metadata) } }),
      }),
    },
    event: serverFrames,
    example: {
      request: {
        work: 0,
        hello: {
          profile: AgentProfile.parse({ name: 'Echo', group: 'echo' }),
          instanceId: 'process 1',
        },
      },
      event: {
        work: 1,
        message: { message: exampleReply, userId: 'ada', userName: 'Ada', endsSession: false },
      },
    },
  }),
};

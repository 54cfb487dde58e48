import { z } from 'zod';
import { boundedArray, boundedRecord } from './collections.ts';
import { AgentId, Id } from './ids.ts';
import { JsonValue } from './json-value.ts';
import { LIMITS } from './limits.ts';
import { Participant } from './participants.ts';

export const MessageKind = z.enum(['TEXT', 'REPLY', 'SYSTEM', 'ERROR']);
export type MessageKind = z.infer<typeof MessageKind>;

export const MessageText = z
  .string()
  .min(1)
  .max(LIMITS.textLength)
  // PostgreSQL cannot hold it in a text.
  .refine((text) => !text.includes('\u0000'), 'no NUL characters');

/** ISO 8601 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`. */
export const Timestamp = z.iso.datetime({ precision: 3 });
const TIMESTAMP_LENGTH = '2026-01-31T09:30:00.000Z'.length;

/** Day, hour and minute; seconds with their fraction; hours and minutes of the zone. */
const WRITTEN_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?(?:[Zz]|([+-]\d{2})(?::?(\d{2}))?)$/;

function rfc3339(text: string): string {
  const [, day, minute, second = '00', zoneHour, zoneMinute = '00'] = WRITTEN_TIME.exec(text) ?? [];
  if (day === undefined) return text;
  return `${day}T${minute}:${second}${zoneHour === undefined ? 'Z' : `${zoneHour}:${zoneMinute}`}`;
}

const isTimestamp = (text: string): boolean =>
  text.length === TIMESTAMP_LENGTH && text[10] === 'T' && text.endsWith('Z');

/**
 * As `Timestamp`, written as programs in other languages write it: RFC 3339, with up to nine places of seconds or, as Java has it,
 * without seconds, and with a zone such as `+01:00`, `+0100` (Python's `%z`) or `+01`.
 */
export const AnyTimestamp = z
  .string()
  .max(40)
  .overwrite((text) => (isTimestamp(text) ? text : rfc3339(text)))
  .check(z.iso.datetime({ offset: true }))
  .transform((text) => (isTimestamp(text) ? text : new Date(text).toISOString()))
  // In its own zone a time may have a year of four digits, and in UTC not.
  .pipe(Timestamp);

/** Facts about a message beside its text, given by its writer or an agent. */
export const Metadata = boundedRecord(z.string().max(64), JsonValue, LIMITS.metadataKeys);

/** A message as it is stored and shown. */
export const ChatMessage = z.object({
  id: Id,
  conversationId: Id,
  /** From 1, without gaps inside a conversation; given by the server when it stores the message. */
  seq: z.number().int().positive(),
  /** TEXT: a person or an external system; REPLY: an agent; SYSTEM and ERROR: Parley itself. */
  kind: MessageKind,
  sender: Participant,
  receiver: Participant.optional(),
  text: z.string().max(LIMITS.textLength),
  inReplyTo: Id.optional(),
  createdAt: Timestamp,
  metadata: Metadata.optional(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** A message that has not been stored yet, and so has no place in its conversation. */
export const UnstoredMessage = ChatMessage.omit({ seq: true });
export type UnstoredMessage = z.infer<typeof UnstoredMessage>;

/** Key in a message's metadata under which an agent's question to another one carries its origin. Only servers set it. */
export const ASK_ORIGIN = 'ask';

/** The person for whom an agent asks another one, and the agents that wait for the answer. */
export const AskOrigin = z.object({
  /** The person, or the external system, whose message began it. */
  user: Participant,
  /** The agents that ask on each other's behalf, the first one first. */
  chain: boundedArray(z.object({ agentId: AgentId, group: AgentId, requestId: Id }), LIMITS.taskSteps),
});
export type AskOrigin = z.infer<typeof AskOrigin>;

/** The origin of a message: its sender, or, where an agent asks, the person behind it. */
export function originOf(message: Pick<ChatMessage, 'sender' | 'metadata'>): AskOrigin {
  if (message.sender.kind === 'agent') {
    const origin = AskOrigin.safeParse(message.metadata?.[ASK_ORIGIN]);
    if (origin.success) return origin.data;
  }
  return { user: message.sender, chain: [] };
}

/**
 * The subject under which agents remember a person: a user's own id. A person from an external system must not pass for
 * the user of that id.
 */
export function subjectOf(person: Participant): string {
  return person.kind === 'user' ? person.id : `${person.kind}:${person.id}`;
}

/**
 * Where a person's message stands. It ends in exactly one of `answered`, `failed`, `dead_lettered`.
 * accepted: stored; routed: an agent was chosen; delivered: in that agent's queue.
 */
export const MessageState = z.enum([
  'accepted',
  'routed',
  'delivered',
  'answered',
  'failed',
  'dead_lettered',
]);
export type MessageState = z.infer<typeof MessageState>;

export function isTerminal(state: MessageState): boolean {
  return state === 'answered' || state === 'failed' || state === 'dead_lettered';
}

/**
 * target: chosen beside the text; mention: `@Name` in it; session: the agent that holds the conversation, or answered last;
 * keywords: the agent's own words; classifier: like its example sentences; default: answers anything.
 */
export const RoutingStrategy = z.enum([
  'target',
  'mention',
  'session',
  'keywords',
  'classifier',
  'language-model',
  'least-loaded',
  'default',
]);
export type RoutingStrategy = z.infer<typeof RoutingStrategy>;

export const RoutingCandidate = z.object({
  agentId: z.string(),
  agentName: z.string(),
  /** 0 to 1. */
  confidence: z.number().min(0).max(1),
});
export type RoutingCandidate = z.infer<typeof RoutingCandidate>;

/** The agent chosen to answer, and the reason. */
export const RoutingDecision = z.object({
  agentId: z.string(),
  agentName: z.string(),
  strategy: RoutingStrategy,
  /** 0 to 1: how sure the router is. 1 when the sender named the agent. */
  confidence: z.number().min(0).max(1),
  /** One short sentence for the person who asked. */
  reason: z.string().max(500),
  /** Best first, the chosen one included. At most 10. */
  candidates: boundedArray(RoutingCandidate, 10),
});
export type RoutingDecision = z.infer<typeof RoutingDecision>;

/** A process that held the message, and when it took it. */
export const Hop = z.object({ service: z.string().max(128), at: Timestamp });
export type Hop = z.infer<typeof Hop>;

export const MessageStatus = z.object({
  messageId: Id,
  conversationId: Id,
  status: MessageState,
  routing: RoutingDecision.optional(),
  hops: z.array(Hop),
  /** Why it failed, for `failed` and `dead_lettered`. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type MessageStatus = z.infer<typeof MessageStatus>;

/**
 * The hops header: `server=1732170000000;broker=1732170000003`. Text, because AMQP headers of every client
 * library carry it unchanged, and because appending to it needs no parsing. Of one that grows
 * too long the oldest hops fall out.
 */
export function appendHop(hops: string | undefined, service: string, at: number = Date.now()): string {
  const hop = `${service}=${at}`;
  return hops === undefined || hops === '' ? hop : latestOf(`${hops};${hop}`);
}

/** The header that begins with these hops. */
export function formatHops(hops: readonly Hop[]): string {
  return hops.map(({ service, at }) => `${service}=${Date.parse(at)}`).join(';');
}

/** The hop of an agent that went away while it had the message: the time is when the message was taken back. */
export const lostHop = (agentId: string): string => `lost:${agentId}`;

/** The hop before that of an agent which is handed the message again, after so many times without an end. */
export const redeliveredHop = (redeliveries: number): string => `redelivered:${redeliveries}`;

/** The agents that went away while they had the message, in order. */
export function lostAgents(hops: readonly Hop[]): string[] {
  return hops.flatMap(({ service }) => /^lost:(.+)$/.exec(service)?.[1] ?? []);
}

/** The last instant that ISO 8601 writes with four digits of the year, in Unix milliseconds. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const HOP = /^([^;]{1,128})=(\d{1,15})$/;

/** The end of a header that is too long, from its first whole hop on. */
function latestOf(hops: string): string {
  if (hops.length <= LIMITS.headerLength) return hops;
  const end = hops.slice(-LIMITS.headerLength);
  return end.slice(end.indexOf(';') + 1);
}

/**
 * Reads the latest `LIMITS.hops` of the header. Pieces that are no hops are left out, since another language may have
 * written them.
 */
export function parseHops(hops: string | undefined): Hop[] {
  if (hops === undefined || hops === '') return [];
  const pieces = latestOf(hops).split(';').slice(-LIMITS.hops);
  return pieces.flatMap((piece) => {
    const [, service, digits] = HOP.exec(piece) ?? [];
    const time = Number(digits);
    if (service === undefined || time > LAST_INSTANT) return [];
    return [{ service, at: isoOf(time) }];
  });
}

let knownSecond = Number.NaN;
let knownPrefix = '';

/** ISO 8601. Times formatted one after another lie mostly in the same second: only the milliseconds differ. */
function isoOf(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== knownSecond) {
    knownSecond = second;
    knownPrefix = new Date(second * 1000).toISOString().slice(0, -4);
  }
  return `${knownPrefix}${String(time - second * 1000).padStart(3, '0')}Z`;
}

/**
 * Facts in a reply's metadata on how its text came about. Where there is a `note`, it is the last paragraph of the
 * text, so that every client shows it; a client that shows the mark in another way may leave that paragraph out.
 */
export const ReplyMarks = z.object({
  /** The person stopped the answer: the text is its beginning. */
  isStopped: z.literal(true).exactOptional(),
  /** The language model or its connection failed in the middle: the text is the beginning. */
  isBroken: z.literal(true).exactOptional(),
  /** A limit was reached: the text is the beginning. */
  isCutOff: z.literal(true).exactOptional(),
  /** Which limit: `3,000 tokens for one answer (LLM_MAX_OUTPUT_TOKENS)`. */
  limit: z.string().exactOptional(),
  /** The provider's content filter ended the answer. */
  isFiltered: z.literal(true).exactOptional(),
  /** The sentence about it: event, cause and remedy. */
  note: z.string().exactOptional(),
  /** The language model's reasoning before the answer, at most 8,000 UTF-16 code units. */
  reasoning: z.string().exactOptional(),
});
export type ReplyMarks = z.infer<typeof ReplyMarks>;

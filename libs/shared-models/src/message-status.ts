import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { Id } from './ids.ts';
import { LIMITS } from './limits.ts';

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
 * target: chosen beside the text; mention: `@Name` in it; session: who holds the conversation, or answered last;
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

/** Who was chosen to answer, and why. */
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

/** ISO 8601. What is formatted one after another lies mostly in the same second: only the milliseconds differ. */
function isoOf(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== knownSecond) {
    knownSecond = second;
    knownPrefix = new Date(second * 1000).toISOString().slice(0, -4);
  }
  return `${knownPrefix}${String(time - second * 1000).padStart(3, '0')}Z`;
}

import { LIMITS } from './limits.ts';
import type { Hop } from './message-status.ts';

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

import { isIPv6 } from 'node:net';
import { type CommandRequest, ParleyError } from '@parley/shared-models';
import type { Period, UsageStore } from '@parley/store';
import type { Origin } from '../audit/origin.ts';
import { hasSignIn, type SignInSettings } from '../config.ts';

interface UserLimitSettings extends SignInSettings {
  readonly RATE_LIMIT: number | 'off';
  readonly USER_RATE_LIMIT?: number | 'off' | undefined;
  readonly USER_BYTES_PER_MINUTE?: number | 'off' | undefined;
  readonly USER_BYTES_PER_DAY?: number | 'off' | undefined;
}

/**
 * The limits of one person over all their connections. Where nobody signs in, a person is an address; of IPv6 the
 * first 64 bits.
 */
export interface UserLimits {
  /** Counts a frame, or a request like one, at this server. @throws ParleyError `rate_limited` */
  count(who: Origin): void;
  /**
   * Counts bytes that are about to be stored, over all servers of the store; of each person in the order of the calls.
   * @param bytes of text; the bytes around it are added
   * @throws ParleyError `quota_exceeded`, `store_unavailable`
   */
  charge(who: Origin, bytes: number): Promise<void>;
}

/** Frames a second of one person: as many as ten connections may send. */
const DEFAULT_RATE = 1000;
const DEFAULT_PER_MINUTE = 32 * 1024 * 1024;
const DEFAULT_PER_DAY = 4 * 1024 * 1024 * 1024;
/** Bytes that each item takes in the store beside its text. */
const OVERHEAD_BYTES = 512;
/** A server takes a part of a quota from the store at once, and gives the rest of it to nobody else. */
const PARTS = 16;
/** People that are remembered; the least recently seen is forgotten first. */
const MAX_PEOPLE = 10_000;

interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly periodMs: number;
}

interface Person {
  readonly frames: TokenBucket;
  /** The part of each quota that this server has taken from the store and not used up, by the quota's name. */
  readonly left: Map<string, { beganAt: number; bytes: number }>;
  /** The last of those that wait for the store. */
  waiting: Promise<void> | undefined;
}

export function createUserLimits(
  settings: UserLimitSettings,
  usage: UsageStore,
  now: () => number = () => Date.now(),
): UserLimits {
  /** Where the limit of a connection is off, as for a load test, so are these, unless they are set. */
  const limitOf = (given: number | 'off' | undefined, fallback: number): number => {
    if (given === 'off') return Number.POSITIVE_INFINITY;
    return given ?? (settings.RATE_LIMIT === 'off' ? Number.POSITIVE_INFINITY : fallback);
  };
  const rate = limitOf(settings.USER_RATE_LIMIT, DEFAULT_RATE);
  const quotas: readonly Quota[] = [
    { name: 'minute', limit: limitOf(settings.USER_BYTES_PER_MINUTE, DEFAULT_PER_MINUTE), periodMs: 60_000 },
    { name: 'day', limit: limitOf(settings.USER_BYTES_PER_DAY, DEFAULT_PER_DAY), periodMs: 86_400_000 },
  ].filter(({ limit }) => Number.isFinite(limit));
  const people = new Map<string, Person>();
  const isUserKnown = hasSignIn(settings);
  const keyOf = ({ user, remoteAddress }: Origin): string =>
    isUserKnown ? `user ${user.id}` : `address ${addressGroup(remoteAddress ?? '')}`;

  const personOf = (key: string): Person => {
    const person = people.get(key) ?? {
      frames: new TokenBucket(rate),
      left: new Map(),
      waiting: undefined,
    };
    people.delete(key);
    people.set(key, person);
    const [oldest] = people.keys();
    if (people.size > MAX_PEOPLE && oldest !== undefined) people.delete(oldest);
    return person;
  };

  /** Whether this server has so much left of the quota; then it has that much less. */
  const takeHere = (person: Person, { name, periodMs }: Quota, bytes: number): boolean => {
    const left = person.left.get(name);
    if (left === undefined || left.beganAt !== periodAt(now(), periodMs).beganAt || left.bytes < bytes)
      return false;
    left.bytes -= bytes;
    return true;
  };

  const takeFromStore = async (key: string, person: Person, quota: Quota, bytes: number): Promise<void> => {
    if (takeHere(person, quota, bytes)) return;
    const { name, limit, periodMs } = quota;
    const period = periodAt(now(), periodMs);
    const before = person.left.get(name);
    const rest = before?.beganAt === period.beganAt ? before.bytes : 0;
    const amount = Math.ceil(Math.max(bytes - rest, limit / PARTS));
    const granted = await usage.take({ key: `${name} ${key}`, period, amount, limit });
    person.left.set(name, { beganAt: period.beganAt, bytes: rest + granted });
    if (takeHere(person, quota, bytes)) return;
    throw new ParleyError(
      'quota_exceeded',
      `At most ${limit} bytes a ${name} of one person are stored, over all connections.`,
      { details: { retryAfterMs: Math.max(1, period.endsAt - now()) } },
    );
  };

  const chargeInTurn = async (key: string, person: Person, bytes: number): Promise<void> => {
    for (const quota of quotas) await takeFromStore(key, person, quota, bytes);
  };

  return {
    count(who) {
      if (!Number.isFinite(rate)) return;
      const waitMs = personOf(keyOf(who)).frames.take(performance.now());
      if (waitMs === 0) return;
      throw new ParleyError('rate_limited', `At most ${rate} frames a second, over all connections.`, {
        details: { retryAfterMs: waitMs },
      });
    },
    charge(who, bytes) {
      if (quotas.length === 0) return Promise.resolve();
      const key = keyOf(who);
      const person = personOf(key);
      const charged = (person.waiting ?? Promise.resolve()).then(() =>
        chargeInTurn(key, person, bytes + OVERHEAD_BYTES),
      );
      // The next charge waits for its end, however it ends.
      const settled = charged.then(
        () => undefined,
        () => undefined,
      );
      person.waiting = settled;
      return charged.finally(() => {
        if (person.waiting === settled) person.waiting = undefined;
      });
    },
  };
}

/** The bytes that `command.run` stores: a command for each agent. */
export function commandBytes({ command, agentIds }: Pick<CommandRequest, 'command' | 'agentIds'>): number {
  return (Buffer.byteLength(command) + OVERHEAD_BYTES) * (agentIds?.length ?? 1);
}

function periodAt(now: number, periodMs: number): Period {
  const beganAt = Math.floor(now / periodMs) * periodMs;
  return { beganAt, endsAt: beganAt + periodMs };
}

/**
 * Addresses that one person can have at will count as one: without the port, and of IPv6 the first 64 bits, as a
 * provider gives them to each customer.
 */
export function addressGroup(address: string): string {
  const host =
    /^(?:ipv[46]:)?\[?(?<host>[\d.]+|[\da-f:.]*:[\da-f:.]*:[\da-f:.]*)(?:%[^\]]*)?\]?(?::\d+)?$/i.exec(
      address,
    )?.groups?.host;
  if (host === undefined || !isIPv6(host)) return host ?? address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = host.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length - (host.includes('.') ? 1 : 0));
  const words = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${words
    .slice(0, 4)
    .map((word) => Number.parseInt(word, 16).toString(16))
    .join(':')}::/64`;
}

/** Limits how often something may happen. Algorithm: token bucket. A class, so that thousands of connections share its function. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #last = 0;

  /** @param burst how many may happen at once. @default one second's worth */
  constructor(perSecond: number, burst: number = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * 0 when it may happen now, otherwise the milliseconds to wait.
   * @param cost how many times it counts; more than the bucket holds counts as a whole bucket. @default 1
   */
  take(now: number, cost = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#last) * this.#perSecond) / 1000);
    this.#last = now;
    const wanted = Math.min(cost, this.#burst);
    if (this.#tokens >= wanted) {
      this.#tokens -= wanted;
      return 0;
    }
    return Math.ceil(((wanted - this.#tokens) * 1000) / this.#perSecond);
  }
}

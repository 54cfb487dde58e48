import type { AuditInput } from '@parley/shared-models';
import { addressGroup, TokenBucket } from '../limits/user-limits.ts';

/**
 * Decides which refusals are entered one by one and which are only counted: a flood must neither fill the disk nor
 * hide the attempts of others. Each action of each signed-in person has a bucket, and each action from each address
 * where nobody is known; the two never share one. `details.more` of an entry says how many like it were only counted.
 */
export interface RefusalBuckets {
  /** The entries to make now: the refusal, or no entry where it is only counted. */
  add(refusal: AuditInput, now: number): AuditInput[];
  /** Entries for the refusals that were only counted since the last entry of their bucket. */
  flush(): AuditInput[];
}

/** One by one, from each bucket. */
const REFUSALS_PER_SECOND = 5;
/** One by one, from all addresses together: they cost an attacker nothing. */
const ANONYMOUS_PER_SECOND = 20;
/** The bucket that was used least recently gives way. */
const MAX_BUCKETS = { anonymous: 1000, signedIn: 10_000 };

interface Bucket {
  readonly tokens: TokenBucket;
  counted: number;
  /** The latest of those that were only counted. */
  latest: AuditInput | undefined;
}

export function createRefusalBuckets(): RefusalBuckets {
  const anonymous = new Map<string, Bucket>();
  const signedIn = new Map<string, Bucket>();
  const allAnonymous = new TokenBucket(ANONYMOUS_PER_SECOND);
  /** The counts of evicted buckets of addresses, by action. */
  const givenWay = new Map<string, { counted: number; latest: AuditInput }>();

  const bucketOf = (table: Map<string, Bucket>, key: string): Bucket => {
    const bucket = table.get(key) ?? {
      tokens: new TokenBucket(REFUSALS_PER_SECOND),
      counted: 0,
      latest: undefined,
    };
    // A map keeps the order: this one is now the last to give way.
    table.delete(key);
    table.set(key, bucket);
    return bucket;
  };

  const makeRoom = (table: Map<string, Bucket>, limit: number): AuditInput[] => {
    const [oldest] = table;
    if (table.size <= limit || oldest === undefined) return [];
    const [key, bucket] = oldest;
    table.delete(key);
    if (table === signedIn) return summaryOf(bucket);
    if (bucket.latest !== undefined) {
      const { remoteAddress: _, ...latest } = bucket.latest;
      const counted = (givenWay.get(latest.action)?.counted ?? 0) + bucket.counted;
      givenWay.set(latest.action, { counted, latest });
    }
    return [];
  };

  return {
    add(refusal, now) {
      const isKnown = refusal.actor.id !== '';
      const table = isKnown ? signedIn : anonymous;
      const who = isKnown ? refusal.actor.id : addressGroup(refusal.remoteAddress ?? '');
      const bucket = bucketOf(table, `${refusal.action} ${who}`);
      const entries = makeRoom(table, isKnown ? MAX_BUCKETS.signedIn : MAX_BUCKETS.anonymous);
      const hasToken = bucket.tokens.take(now) === 0 && (isKnown || allAnonymous.take(now) === 0);
      if (!hasToken) {
        bucket.counted += 1;
        bucket.latest = refusal;
        return entries;
      }
      entries.push(withMore(refusal, bucket.counted));
      bucket.counted = 0;
      bucket.latest = undefined;
      return entries;
    },
    flush() {
      const buckets = [...signedIn.values(), ...anonymous.values(), ...givenWay.values()];
      givenWay.clear();
      return buckets.flatMap(summaryOf);
    },
  };
}

/** The latest of those that were only counted stands for all of them, which then count no more. */
function summaryOf(bucket: { counted: number; latest: AuditInput | undefined }): AuditInput[] {
  const { counted, latest } = bucket;
  if (latest === undefined) return [];
  bucket.counted = 0;
  bucket.latest = undefined;
  return [withMore(latest, counted - 1)];
}

const withMore = (refusal: AuditInput, more: number): AuditInput =>
  more === 0 ? refusal : { ...refusal, details: { ...refusal.details, more } };

import { traceIdOf } from '@parley/shared-models';
import type { BatchItem } from '../batch.ts';
import type { BusLogger } from '../bus-options.ts';
import { type Delivery, type Handler, Reject } from '../message-bus.ts';
import { ALONE_FROM } from '../topology.ts';
import type { Claim } from './settlement.ts';

/** How a handler ended. */
export type Verdict =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'reject'; readonly error: Reject }
  | { readonly kind: 'requeue'; readonly error: unknown };

/** A delivery whose handler runs. */
export interface Hand {
  readonly claim: Claim;
  readonly delivery: Delivery;
  /** The message is no longer this consumer's: what its handler says does not count. */
  isLost: boolean;
}

/** One consumer of this bus, as its process sees it. */
export interface Consumer {
  readonly queue: string;
  /** Its row in the file; undefined while it has no place at the queue. */
  rowId: number | undefined;
  isTaking: boolean;
  /** Whose handlers run now. */
  readonly hands: ReadonlySet<Hand>;
  /** How many more it may have in hand. */
  capacity(): number;
  /** Has nothing in hand, and how each handler ended is recorded. */
  isIdle(): boolean;
  /** Starts the handler; what is malformed is rejected without it. */
  deliver(claim: Claim, item: BatchItem): void;
  /** Resolves when nothing is in hand and all verdicts are recorded, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
  /** What its handlers say from now on does not count. Returns the claims that were in hand. */
  letGo(): Claim[];
}

const UNREADABLE = { messageId: '', type: '', timestamp: 0, headers: {} };

export function createConsumer(parts: {
  queue: string;
  handler: Handler;
  prefetch: number;
  /** The handler waits for this. @default begins at once */
  before?: () => Promise<void>;
  /** Whether there is a reason outside the consumer to take nothing more just now. */
  mustWait: () => boolean;
  record: (hand: Hand, verdict: Verdict) => Promise<void>;
  /** Nothing is in hand any more. */
  onEmptyHands: () => Promise<void>;
  /** The same, and how each handler ended is recorded. */
  onIdle: () => void;
  logger: BusLogger;
}): Consumer {
  const { queue, handler, prefetch, before, mustWait, record, onEmptyHands, onIdle, logger } = parts;
  const hands = new Set<Hand>();
  const idleWaiters = new Set<() => void>();
  let recording = 0;

  async function judge(delivery: Delivery, malformed: string | undefined): Promise<Verdict> {
    try {
      if (malformed !== undefined) throw new Reject('malformed_message', malformed);
      if (before !== undefined) await before();
      await handler(delivery);
      return { kind: 'acknowledge' };
    } catch (error) {
      return error instanceof Reject ? { kind: 'reject', error } : { kind: 'requeue', error };
    }
  }

  async function run(hand: Hand, malformed: string | undefined): Promise<void> {
    const verdict = await judge(hand.delivery, malformed);
    const { messageId, headers } = hand.delivery.envelope;
    const about = (): object => ({ queue, messageId, traceId: traceIdOf(headers) });
    hands.delete(hand);
    recording += 1;
    try {
      if (hand.isLost) logger.warn(about(), 'a handler ended after its message was taken from it');
      else await record(hand, verdict);
      if (hands.size === 0) await onEmptyHands();
    } catch (err) {
      // The bus is closing, or the disk gone for long: the message counts as handed out and comes again.
      logger.warn({ err, ...about() }, 'could not record how a handler ended');
    }
    recording -= 1;
    if (!isIdle()) return;
    onIdle();
    for (const wake of [...idleWaiters]) wake();
  }

  const isIdle = (): boolean => hands.size === 0 && recording === 0;

  function capacity(): number {
    // A message that is handed out alone is never one of several.
    const [first] = hands;
    const isAlone = first !== undefined && first.claim.redeliveries >= ALONE_FROM;
    return isAlone || mustWait() ? 0 : prefetch - hands.size;
  }

  return {
    queue,
    rowId: undefined,
    isTaking: false,
    hands,
    capacity,
    isIdle,
    deliver(claim, item) {
      const envelope = 'envelope' in item ? item.envelope : { ...UNREADABLE, body: item.malformed };
      const delivery = { envelope, queue, redeliveries: claim.redeliveries };
      const hand: Hand = { claim, delivery, isLost: false };
      hands.add(hand);
      // Never rejects: what the handler throws is its verdict, and what follows is caught there.
      void run(hand, 'reason' in item ? item.reason : undefined);
    },
    idle(timeoutMs) {
      if (isIdle()) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          idleWaiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        idleWaiters.add(done);
      });
    },
    letGo() {
      const kept = [...hands].filter((hand) => !hand.isLost);
      for (const hand of kept) hand.isLost = true;
      return kept.map(({ claim }) => claim);
    },
  };
}

import { traceIdOf } from '@parley/shared-models';
import type { BusLogger } from '../bus-options.ts';
import { type Delivery, type Handler, Reject } from '../message-bus.ts';
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
  /** Starts the handler. */
  deliver(claim: Claim, delivery: Delivery): void;
  /** Resolves when nothing is in hand and all verdicts are recorded, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
  /** What its handlers say from now on does not count. Returns the claims that were in hand. */
  letGo(): Claim[];
}

export function createConsumer(parts: {
  queue: string;
  handler: Handler;
  prefetch: number;
  /** Whether there is a reason outside the consumer to take nothing more just now. */
  mustWait: () => boolean;
  record: (hand: Hand, verdict: Verdict) => Promise<void>;
  /** Nothing is in hand any more. */
  onIdle: () => Promise<void>;
  logger: BusLogger;
}): Consumer {
  const { queue, handler, prefetch, mustWait, record, onIdle, logger } = parts;
  const hands = new Set<Hand>();
  const idleWaiters = new Set<() => void>();
  let recording = 0;

  async function judge(delivery: Delivery): Promise<Verdict> {
    try {
      await handler(delivery);
      return { kind: 'acknowledge' };
    } catch (error) {
      return error instanceof Reject ? { kind: 'reject', error } : { kind: 'requeue', error };
    }
  }

  async function run(hand: Hand): Promise<void> {
    const verdict = await judge(hand.delivery);
    const { messageId, headers } = hand.delivery.envelope;
    const about = (): object => ({ queue, messageId, traceId: traceIdOf(headers) });
    hands.delete(hand);
    recording += 1;
    try {
      if (hand.isLost) logger.warn(about(), 'a handler ended after its message was taken from it');
      else await record(hand, verdict);
      if (hands.size === 0) await onIdle();
    } catch (err) {
      // The bus is closing, or the disk gone for long: the message counts as handed out and comes again.
      logger.warn({ err, ...about() }, 'could not record how a handler ended');
    }
    recording -= 1;
    if (hands.size === 0 && recording === 0) for (const wake of [...idleWaiters]) wake();
  }

  return {
    queue,
    rowId: undefined,
    isTaking: false,
    hands,
    capacity: () => (mustWait() ? 0 : prefetch - hands.size),
    deliver(claim, delivery) {
      const hand: Hand = { claim, delivery, isLost: false };
      hands.add(hand);
      // Never rejects: what the handler throws is its verdict, and what follows is caught there.
      void run(hand);
    },
    idle(timeoutMs) {
      if (hands.size === 0 && recording === 0) return Promise.resolve();
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

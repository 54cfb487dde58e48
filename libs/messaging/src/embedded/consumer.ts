import { traceIdOf } from '@parley/shared-models';
import type { BatchItem } from '../batch.ts';
import { type BusLogger, type RetryDelay, retryDelayOf } from '../bus-options.ts';
import { type Delivery, type Handler, Reject } from '../message-bus.ts';
import { ALONE_FROM } from '../topology.ts';
import { messageOf } from './failure-reason.ts';
import type { Claim, Requeued, Settlement } from './settlement.ts';
import type { WriteGroups } from './write-groups.ts';

/** How a handler ended. */
type Verdict =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'reject'; readonly error: Reject }
  | { readonly kind: 'requeue'; readonly error: unknown };

/** A delivery whose handler runs. */
interface Hand {
  readonly claim: Claim;
  readonly delivery: Delivery;
  /** The message is no longer this consumer's: its handler's outcome does not count. */
  isLost: boolean;
}

/** One consumer of this bus, as its process sees it. */
export interface Consumer {
  readonly queue: string;
  /** See `ConsumeOptions`. */
  readonly onlyDurable: boolean;
  isTaking: boolean;
  /** The deliveries whose handlers run now. */
  readonly hands: ReadonlySet<Hand>;
  /** How many more it may have in hand. */
  capacity(): number;
  /** Has nothing in hand, and how each handler ended is recorded. */
  isIdle(): boolean;
  /** Starts the handler, after `ready` where that is given; a malformed message is rejected without it. */
  deliver(claim: Claim, item: BatchItem, ready: Promise<void> | undefined): void;
  /** Resolves when nothing is in hand and all verdicts are recorded, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
  /** Ends the waits of `idle`. */
  giveUpWaiting(): void;
  /** Later outcomes of its handlers do not count. Returns the claims that were in hand. */
  letGo(): Claim[];
}

const UNREADABLE = { messageId: '', type: '', timestamp: 0, headers: {} };

export function createConsumer(parts: {
  queue: string;
  handler: Handler;
  prefetch: number;
  onlyDurable: boolean;
  /** Whether there is a reason outside the consumer to take nothing more just now. */
  mustWait: () => boolean;
  record: (hand: Hand, verdict: Verdict) => Promise<void>;
  /** Nothing is in hand any more. */
  onEmptyHands: () => void;
  /** The same, and how each handler ended is recorded. */
  onIdle: () => void;
  logger: BusLogger;
}): Consumer {
  const { queue, handler, prefetch, onlyDurable, mustWait, record, onEmptyHands, onIdle, logger } = parts;
  const hands = new Set<Hand>();
  const idleWaiters = new Set<() => void>();
  let recording = 0;

  async function judge(delivery: Delivery, malformed: string | undefined): Promise<Verdict> {
    try {
      if (malformed !== undefined) throw new Reject('malformed_message', malformed);
      await handler(delivery);
      return { kind: 'acknowledge' };
    } catch (error) {
      return error instanceof Reject ? { kind: 'reject', error } : { kind: 'requeue', error };
    }
  }

  async function run(
    hand: Hand,
    malformed: string | undefined,
    ready: Promise<void> | undefined,
  ): Promise<void> {
    // It fails only when the bus closes, which gives back the messages in hand.
    const isReady = ready === undefined || (await ready.then(() => !hand.isLost).catch(() => false));
    const verdict = isReady ? await judge(hand.delivery, malformed) : undefined;
    const { messageId, headers } = hand.delivery.envelope;
    const about = (): object => ({ queue, messageId, traceId: traceIdOf(headers) });
    hands.delete(hand);
    recording += 1;
    try {
      if (verdict !== undefined && hand.isLost)
        logger.warn(about(), 'a handler ended after its message was taken from it');
      else if (verdict !== undefined) await record(hand, verdict);
      if (hands.size === 0) onEmptyHands();
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
    onlyDurable,
    isTaking: false,
    hands,
    capacity,
    isIdle,
    deliver(claim, item, ready) {
      const envelope = 'envelope' in item ? item.envelope : { ...UNREADABLE, body: item.malformed };
      const delivery = { envelope, queue, redeliveries: claim.redeliveries };
      const hand: Hand = { claim, delivery, isLost: false };
      hands.add(hand);
      // Never rejects: the handler's error is its verdict, and later errors are caught there.
      void run(hand, 'reason' in item ? item.reason : undefined, ready);
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
    giveUpWaiting() {
      for (const wake of [...idleWaiters]) wake();
    },
    letGo() {
      const kept = [...hands].filter((hand) => !hand.isLost);
      for (const hand of kept) hand.isLost = true;
      return kept.map(({ claim }) => claim);
    },
  };
}

/** Writes down how the handlers of one consumer ended, and keeps failed messages back until their retry. */
interface VerdictRecorder {
  record(hand: Hand, verdict: Verdict): Promise<void>;
  /** Messages that wait for their retry. */
  delayed(): number;
  /** Makes them ready now, and from now on returns failed messages at once. */
  stopDelaying(): Promise<void>;
  startDelaying(): void;
}

export function createVerdictRecorder(parts: {
  queue: string;
  writes: WriteGroups;
  settlement: Settlement;
  /** Whether there is more to claim, so that an acknowledgement should not wait. */
  hasMore: () => boolean;
  retryDelay: RetryDelay;
  logger: BusLogger;
}): VerdictRecorder {
  const { queue, writes, settlement, hasMore, retryDelay, logger } = parts;
  const timers = new Map<Claim, NodeJS.Timeout>();
  let isDelaying = true;

  async function acknowledge({ claim, delivery }: Hand): Promise<void> {
    const { batch } = claim;
    if (batch !== undefined && !batch.isApart) {
      batch.acknowledged.add(claim.id);
      if (batch.acknowledged.size < batch.items) {
        // Nothing is written, but there is room for more.
        if (hasMore()) writes.nudge();
        return;
      }
    }
    const settled = await writes.write(() => settlement.acknowledge(claim), {
      // A power cut that undoes it leads to a redelivery, as a crash before it does.
      isDurable: false,
      // With more to claim both share a group; otherwise it can wait for one that is written anyway.
      urgency: hasMore() ? 'now' : 'soon',
    });
    if (settled === 'done') return;
    logger.warn(
      { queue, messageId: delivery.envelope.messageId },
      'acknowledged too late: it is gone, with its queue',
    );
  }

  async function fail(
    { claim, delivery }: Hand,
    verdict: Exclude<Verdict, { kind: 'acknowledge' }>,
  ): Promise<void> {
    const { messageId, headers } = delivery.envelope;
    const { error } = verdict;
    const settle = (): Requeued =>
      verdict.kind === 'reject'
        ? settlement.reject(claim, queue, { reason: verdict.error.reason, message: verdict.error.message })
        : settlement.requeue(claim, queue, messageOf(error));
    // A dead letter is written anew.
    const outcome = await writes.write(settle, {
      isDurable: false,
      bytes: 1 + delivery.envelope.body.byteLength,
    });
    logger.warn(
      {
        err: error,
        queue,
        messageId,
        traceId: traceIdOf(headers),
        redeliveries: claim.redeliveries,
        outcome,
      },
      'a message was not handled',
    );
    if (outcome === 'delayed') await delay(claim);
  }

  async function delay(claim: Claim): Promise<void> {
    if (!isDelaying) return makeReady([claim]);
    const end = (): void => {
      timers.delete(claim);
      makeReady([claim]).catch((err) =>
        logger.debug({ err, queue }, 'the bus closed before a retry was due'),
      );
    };
    timers.set(claim, setTimeout(end, retryDelayOf(retryDelay, claim.redeliveries)));
  }

  function makeReady(claims: readonly Claim[]): Promise<void> {
    return writes.write(
      () => {
        for (const claim of claims) settlement.endDelay(claim, queue);
      },
      { isDurable: false },
    );
  }

  return {
    record: (hand, verdict) => (verdict.kind === 'acknowledge' ? acknowledge(hand) : fail(hand, verdict)),
    delayed: () => timers.size,
    async stopDelaying() {
      isDelaying = false;
      const claims = [...timers.keys()];
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (claims.length > 0) await makeReady(claims);
    },
    startDelaying() {
      isDelaying = true;
    },
  };
}

import { within } from '@parley/sqlite';
import type { BusLogger, RetryDelay } from '../bus-options.ts';
import type { Handler, Subscription } from '../message-bus.ts';
import type { Claiming } from './claiming.ts';
import { createConsumer, createVerdictRecorder } from './consumer.ts';
import { queueMissing } from './publishing.ts';
import type { Settlement } from './settlement.ts';
import type { Statements } from './statements.ts';
import type { WriteGroups } from './write-groups.ts';

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

/** For writing down that a subscription pauses or ends. */
const FAREWELL_TIMEOUT_MS = 2_000;

/** Failed messages of one consumer that wait for their retry at most: beyond that it takes nothing new. */
const MAX_DELAYED = 1_000;

export interface SubscriptionParts {
  readonly writes: WriteGroups;
  readonly statements: Statements;
  readonly settlement: Settlement;
  readonly claiming: Claiming;
  readonly retryDelay: RetryDelay;
  /** How long a change of the file may take that a caller waits for. */
  readonly timeoutMs: number;
  readonly logger: BusLogger;
}

/** A subscription that takes nothing before it is resumed. */
export function createSubscription(
  parts: SubscriptionParts,
  {
    queue,
    handler,
    prefetch,
    onlyDurable,
    onClosed,
  }: { queue: string; handler: Handler; prefetch: number; onlyDurable: boolean; onClosed: () => void },
): Subscription {
  const { writes, statements, settlement, claiming, timeoutMs, logger } = parts;
  let wanted: 'taking' | 'paused' | 'closed' = 'paused';
  let closing: Promise<void> | undefined;
  let hasPlace = false;
  let isCutShort = false;
  /** Changes happen one after the other. */
  let lastChange: Promise<void> = Promise.resolve();

  const recorder = createVerdictRecorder({ ...parts, queue, hasMore: claiming.mayClaim });
  const consumer = createConsumer({
    queue,
    handler,
    prefetch,
    onlyDurable,
    mustWait: () => recorder.delayed() >= MAX_DELAYED,
    record: recorder.record,
    onEmptyHands: () => {
      if (wanted === 'paused') giveUpPlace();
    },
    onIdle: () => {
      if (claiming.idle(queue)) writes.nudge();
    },
    logger,
  });

  function change(step: () => Promise<void>): Promise<void> {
    const result = lastChange.then(step);
    lastChange = result.catch((err) => logger.debug({ err, queue }, 'a change of a subscription failed'));
    return result;
  }

  async function start(): Promise<void> {
    if (wanted !== 'taking') return;
    recorder.startDelaying();
    // A write, so that it comes after those that make the queue.
    const mustExist = (): void => {
      if (statements.queueId(queue) === undefined) throw queueMissing(queue);
    };
    await writes.write(mustExist, { timeoutMs, isDurable: false });
    // It may have been paused in the meantime.
    if (wanted !== 'taking') return;
    consumer.isTaking = true;
    if (!hasPlace) claiming.add(consumer);
    hasPlace = true;
    claiming.wake(queue);
    writes.nudge();
  }

  async function pause(): Promise<void> {
    await bestEffort(recorder.stopDelaying());
    // Passed on only when nothing is in hand: the next consumer's messages come after these.
    if (consumer.hands.size === 0) giveUpPlace();
  }

  function giveUpPlace(): void {
    if (consumer.isTaking || !hasPlace) return;
    hasPlace = false;
    claiming.remove(consumer);
    writes.nudge();
  }

  async function close(closeTimeoutMs: number): Promise<void> {
    await bestEffort(recorder.stopDelaying());
    if (!isCutShort) await consumer.idle(closeTimeoutMs);
    const claims = consumer.letGo();
    const leave = (): void => {
      for (const claim of claims) settlement.putBack(claim, queue);
    };
    if (claims.length > 0) await bestEffort(writes.write(leave, { isDurable: false }));
    // Not before: the next consumer's messages come after these.
    giveUpPlace();
    onClosed();
  }

  /** It is being closed, and shall be within this time. */
  function cutShort(timeoutMs: number): void {
    const cut = (): void => {
      isCutShort = true;
      consumer.giveUpWaiting();
    };
    if (timeoutMs <= 0) cut();
    else {
      const timer = setTimeout(cut, timeoutMs);
      closing?.finally(() => clearTimeout(timer)).catch(() => undefined);
    }
  }

  /**
   * A write that misses its time stays pending; messages in hand when the bus closes are put back when it is opened
   * again.
   */
  async function bestEffort(write: Promise<void>): Promise<void> {
    try {
      await within(FAREWELL_TIMEOUT_MS, write);
    } catch (err) {
      logger.warn({ err, queue }, 'the end of a subscription could not be written');
    }
  }

  return {
    get inHand() {
      return consumer.hands.size;
    },
    async pause() {
      if (wanted !== 'taking') return;
      wanted = 'paused';
      consumer.isTaking = false;
      await change(pause);
    },
    async resume() {
      if (wanted !== 'paused') return;
      wanted = 'taking';
      await change(start).catch((error) => {
        if (wanted === 'taking') wanted = 'paused';
        throw error;
      });
    },
    close({ timeoutMs: closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) {
      wanted = 'closed';
      consumer.isTaking = false;
      if (closing === undefined) closing = change(() => close(closeTimeoutMs));
      else cutShort(closeTimeoutMs);
      return closing;
    },
  };
}

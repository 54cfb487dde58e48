import { within } from '@parley/sqlite';
import type { BusLogger, RetryDelay } from '../bus-options.ts';
import type { Handler, Subscription } from '../message-bus.ts';
import type { Claiming } from './claiming.ts';
import { createConsumer, createVerdictRecorder } from './consumer.ts';
import type { Membership } from './membership.ts';
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
  readonly membership: Membership;
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
  const { writes, statements, settlement, claiming, membership, timeoutMs, logger } = parts;
  let wanted: 'taking' | 'paused' | 'closed' = 'paused';
  let closing: Promise<void> | undefined;
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
    onEmptyHands: async () => {
      if (wanted === 'paused') await giveUpPlace();
    },
    onIdle: () => {
      if (claiming.idle(queue)) writes.nudge();
    },
    logger,
  });
  claiming.add(consumer);

  function change(step: () => Promise<void>): Promise<void> {
    const result = lastChange.then(step);
    lastChange = result.catch((err) => logger.debug({ err, queue }, 'a change of a subscription failed'));
    return result;
  }

  async function start(): Promise<void> {
    if (wanted !== 'taking') return;
    recorder.startDelaying();
    if (consumer.rowId === undefined) {
      const takePlace = (): number => {
        if (statements.viewQueue(queue) === undefined) throw queueMissing(queue);
        return membership.addConsumer(queue);
      };
      consumer.rowId = await writes.write(takePlace, { timeoutMs, isDurable: false });
    }
    // It may have been paused in the meantime.
    consumer.isTaking = wanted === 'taking';
    claiming.wake(queue);
    writes.nudge();
  }

  async function pause(): Promise<void> {
    await bestEffort(recorder.stopDelaying());
    // Passed on only when nothing is in hand: the next consumer's messages come after these.
    if (consumer.hands.size === 0) await giveUpPlace();
  }

  async function giveUpPlace(): Promise<void> {
    const { rowId } = consumer;
    if (consumer.isTaking || rowId === undefined) return;
    consumer.rowId = undefined;
    const remove = (): void => membership.removeConsumer(rowId, queue);
    await writes.write(remove, { isDurable: false, timeoutMs });
  }

  async function close(closeTimeoutMs: number): Promise<void> {
    await bestEffort(recorder.stopDelaying());
    await consumer.idle(closeTimeoutMs);
    const { rowId } = consumer;
    consumer.rowId = undefined;
    const claims = consumer.letGo();
    const leave = (): void => {
      for (const claim of claims) settlement.putBack(claim, queue);
      if (rowId !== undefined) membership.removeConsumer(rowId, queue);
    };
    await bestEffort(writes.write(leave, { isDurable: false }));
    claiming.remove(consumer);
    onClosed();
  }

  /** What is not written in time stays pending; when the instance is gone, others clear up after it. */
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
      closing ??= change(() => close(closeTimeoutMs));
      return closing;
    },
  };
}

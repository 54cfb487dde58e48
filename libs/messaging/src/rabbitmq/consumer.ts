import type { Channel, ChannelModel } from 'amqplib';
import type { BusLogger } from '../bus-options.ts';
import type { Subscription } from '../message-bus.ts';
import { fullJitter, RETRY } from './backoff.ts';
import { type ConsumerSession, openSession } from './consumer-session.ts';
import type { DeliveryHandling } from './delivery-handling.ts';

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

export interface ConsumerOptions {
  readonly queue: string;
  readonly prefetch: number;
  readonly handling: DeliveryHandling;
  /** Runs on each new channel before it consumes. */
  readonly prepare: (channel: Channel) => Promise<void>;
  readonly onClosed: () => void;
  readonly logger: BusLogger;
}

export interface Consumer extends Subscription {
  readonly queue: string;
  /** Consumes over this connection from now on. Resolves with the error when RabbitMQ refuses; it tries again. */
  attach(model: ChannelModel): Promise<Error | undefined>;
  detach(): void;
}

/** A subscription to a queue that outlives channels and connections. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, handling, logger } = options;
  let wanted: 'running' | 'paused' | 'closed' = 'running';
  let model: ChannelModel | undefined;
  let session: ConsumerSession | undefined;
  let failures = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  /** Changes happen one after the other. */
  let lastChange: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  function change(step: () => Promise<void>): Promise<void> {
    const result = lastChange.then(step);
    lastChange = result.catch((error: Error) => {
      logger.debug({ queue, reason: error.message }, 'a change of the consumer failed');
    });
    return result;
  }

  /** Makes the channel and the flow of messages what they should be. */
  async function settleDown(): Promise<void> {
    if (wanted === 'closed' || model === undefined) return;
    const over = model;
    session ??= await openSession(over, {
      queue,
      prefetch: options.prefetch,
      prepare: options.prepare,
      onMessage: handling.take,
      onLost: (lost, error) => {
        if (lost === session) abandon(error);
      },
    });
    if (over !== model) {
      session = undefined;
      return;
    }
    if (wanted === 'running') await session.start();
    else await session.stop();
    failures = 0;
  }

  /** The channel is of no use any more: what it delivered comes again on the next. */
  function abandon(error: Error): void {
    const lost = session;
    session = undefined;
    if (lost !== undefined) {
      handling.forget(lost);
      lost.close().catch((reason: Error) => {
        logger.debug({ queue, reason: reason.message }, 'the channel ended while it was being closed');
      });
    }
    retryLater(error);
  }

  function retryLater(error: Error): void {
    if (wanted === 'closed' || model === undefined) return;
    const delayMs = Math.round(fullJitter(RETRY, failures));
    failures += 1;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => {
      // Not before: where the whole connection was lost, its own report is enough.
      logger.warn({ queue, reason: error.message, failures }, 'the consumer was lost, trying again');
      change(settleDown).catch(abandon);
    }, delayMs);
  }

  async function close(timeoutMs: number): Promise<void> {
    wanted = 'closed';
    clearTimeout(retryTimer);
    await change(async () => session?.stop()).catch((error: Error) => {
      logger.debug({ queue, reason: error.message }, 'the channel ended before its consumer');
    });
    handling.drain();
    await handling.idle(timeoutMs);
    const last = session;
    session = undefined;
    try {
      await last?.close();
    } catch (error) {
      logger.debug({ queue, reason: String(error) }, 'the channel ended while it was being closed');
    }
    options.onClosed();
  }

  return {
    queue,
    get inHand() {
      return handling.inHand();
    },
    attach: (fresh) => {
      model = fresh;
      failures = 0;
      return change(settleDown).then(
        () => undefined,
        (error: Error) => {
          abandon(error);
          return error;
        },
      );
    },
    detach: () => {
      model = undefined;
      clearTimeout(retryTimer);
      if (session !== undefined) handling.forget(session);
      session = undefined;
    },
    pause: async () => {
      if (wanted !== 'running') return;
      wanted = 'paused';
      await change(settleDown).catch(abandon);
      handling.returnUnstarted();
    },
    resume: async () => {
      if (wanted !== 'paused') return;
      wanted = 'running';
      await change(settleDown).catch(abandon);
    },
    close: ({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) => {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

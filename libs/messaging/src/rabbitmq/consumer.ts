import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { fullJitter, RETRY } from '../backoff.ts';
import type { BusLogger } from '../bus-options.ts';
import type { Subscription } from '../message-bus.ts';
import { type ConsumerChannel, openConsumerChannel } from './consumer-channel.ts';
import type { DeliveryHandling } from './delivery-handling.ts';
import { redeliveriesOf } from './envelope-properties.ts';
import { inTime } from './in-time.ts';

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;
/** RabbitMQ answers nothing on a connection that it has blocked; the end of the connection ends the consumer too. */
const ANSWER_TIMEOUT_MS = 2_000;

export interface ConsumerOptions {
  readonly queue: string;
  /** AMQP messages in hand at most. */
  readonly prefetch: number;
  readonly handling: DeliveryHandling;
  /** Runs on each new channel before it consumes. */
  readonly prepare: (channel: Channel) => Promise<void>;
  readonly onClosed: () => void;
  readonly logger: BusLogger;
}

export interface Consumer extends Subscription {
  readonly queue: string;
  /** Items that are not settled. */
  readonly unsettled: number;
  /** Consumes over this connection from now on. Resolves with the error when RabbitMQ refuses; it tries again. */
  attach(model: ChannelModel): Promise<Error | undefined>;
  detach(): void;
  /** A handler failed with a message of the channel: the message does not kill its consumer. */
  onFailure(channel: ConsumerChannel): void;
}

/**
 * A subscription to a queue that outlives channels and connections.
 *
 * A message that kills its consumer returns with all that the consumer had in hand, and each time counts against all of
 * them. So a channel that gets a suspect takes nothing more, returns the suspects, and finishes the rest; the next one is
 * careful: it takes one message at a time until one comes that was not handed out before. From then on the suspect dies
 * alone, and the other suspects are handled.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, handling, logger } = options;
  let wanted: 'running' | 'paused' | 'closed' = 'running';
  let model: ChannelModel | undefined;
  let channel: ConsumerChannel | undefined;
  /** The channel that takes nothing more and is followed by another once it has nothing in hand. */
  let ending: ConsumerChannel | undefined;
  let isNextCareful = false;
  /** The messages that the ending channel returns. */
  let suspects: ConsumeMessage[] = [];
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

  /** Brings the channel and the flow of messages into the wanted state. */
  async function settleDown(): Promise<void> {
    if (wanted === 'closed' || model === undefined || (channel !== undefined && channel === ending)) return;
    const over = model;
    channel ??= await openConsumerChannel(over, {
      queue,
      prefetch: isNextCareful ? 1 : options.prefetch,
      isCareful: isNextCareful,
      prepare: options.prepare,
      onMessage: receive,
      onLost: (lost, error) => {
        if (lost === channel) abandon(error);
      },
    });
    if (over !== model) {
      channel = undefined;
      return;
    }
    if (wanted === 'running') await channel.start();
    else await channel.stop();
    failures = 0;
  }

  function receive(message: ConsumeMessage, from: ConsumerChannel): void {
    if (!from.isCareful && options.prefetch > 1 && handling.isSuspect(message)) {
      suspects.push(message);
      follow(from, true);
      return;
    }
    handling.take(message, from);
    if (from.isCareful && redeliveriesOf(message) === 0) follow(from, false);
  }

  /** Ends the channel when it has nothing in hand, and opens the next one. */
  function follow(last: ConsumerChannel, isCareful: boolean): void {
    if (ending === last || last !== channel) return;
    ending = last;
    isNextCareful = isCareful;
    if (isCareful) logger.warn({ queue }, 'messages came back too often and are handled one at a time');
    change(async () => {
      await last.stop();
      // Not before: RabbitMQ would hand them out to this channel at once.
      for (const { fields } of suspects.splice(0)) last.acknowledger.requeue(fields.deliveryTag);
      if (last === channel) handling.returnFailed();
    })
      .then(() => last.acknowledger.emptied())
      .then(() =>
        change(async () => {
          if (last !== channel) return;
          channel = undefined;
          await last.close();
          await settleDown();
        }),
      )
      .catch((error: Error) => {
        if (last === channel) abandon(error);
      });
  }

  /** The channel is of no use any more: its deliveries come again on the next one. */
  function abandon(error: Error): void {
    const lost = channel;
    channel = undefined;
    suspects = [];
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
    const stopped = change(async () => channel?.stop()).catch((error: Error) => {
      logger.debug({ queue, reason: error.message }, 'the channel ended before its consumer');
    });
    await inTime(stopped, ANSWER_TIMEOUT_MS);
    handling.drain();
    await handling.idle(timeoutMs);
    const last = channel;
    channel = undefined;
    const closed = last?.close().catch((error: Error) => {
      logger.debug({ queue, reason: error.message }, 'the channel ended while it was being closed');
    });
    if (closed !== undefined) await inTime(closed, ANSWER_TIMEOUT_MS);
    options.onClosed();
  }

  return {
    queue,
    get inHand() {
      return handling.inHand();
    },
    get unsettled() {
      return handling.unsettled();
    },
    onFailure: (failed) => {
      // While it waits for its retry it must not hold up the others.
      if (failed.isCareful) follow(failed, false);
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
      if (channel !== undefined) handling.forget(channel);
      channel = undefined;
      suspects = [];
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

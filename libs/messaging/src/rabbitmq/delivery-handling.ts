import { DEAD_LETTER_QUEUE, HEADERS, newId, traceIdOf } from '@parley/shared-models';
import type { ConsumeMessage } from 'amqplib';
import { type BusLogger, type RetryDelay, retryDelayOf } from '../bus-options.ts';
import { type Delivery, type Envelope, type Handler, Reject } from '../message-bus.ts';
import { BATCHED_QUEUES, DELIVERY_LIMIT } from '../topology.ts';
import type { ConsumerChannel } from './consumer-channel.ts';
import {
  DELIVERY_LIMIT_SENTENCE,
  fromMessage,
  isBatch,
  itemsOf,
  type Received,
  redeliveriesOf,
} from './envelope-properties.ts';

export interface DeliveryHandlingOptions {
  readonly queue: string;
  readonly handler: Handler;
  /** Handlers that run at once. */
  readonly prefetch: number;
  readonly retryDelay: RetryDelay;
  /** Resolves when the queue holds it durably, as a message of its own. */
  readonly publishAlone: (queue: string, envelope: Envelope) => Promise<void>;
  /** A handler failed with a message of the channel: the message does not kill its consumer. */
  readonly onFailure: (channel: ConsumerChannel) => void;
  /** Called for each AMQP message with the items in it. */
  readonly onTaken: (queue: string, items: number) => void;
  readonly logger: BusLogger;
}

/** Handles and settles each delivery of one subscription, over all its channels. Handlers are given items, never a batch. */
export interface DeliveryHandling {
  /** Gives the items of the message to the handler, now or when others are finished. */
  readonly take: (message: ConsumeMessage, channel: ConsumerChannel) => void;
  /** Whether the message may be one that kills its consumer: it came back too often without having failed here. */
  isSuspect(message: ConsumeMessage): boolean;
  /** Returns to the queue the items that no handler has begun with: those that wait for their turn or their retry. */
  returnUnstarted(): void;
  /** Returns to the queue the items that wait for their retry. */
  returnFailed(): void;
  /** Does as `returnUnstarted` now, and from now on returns failed items at once. */
  drain(): void;
  /** The channel is lost, and with it the right to settle its deliveries. */
  forget(channel: ConsumerChannel): void;
  /** Handlers that run. */
  inHand(): number;
  /** Items that are not settled: those of `inHand()`, and those that wait for their turn or their retry. */
  unsettled(): number;
  /** Resolves when no handler runs and none will be begun, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
}

/** RabbitMQ's table of headers has room for 64 KiB; a stack trace must not use it up. */
const MAX_DEATH_MESSAGE = 1000;

interface Death {
  /** An `ErrorCode`. */
  readonly reason: string;
  readonly message: string;
}

/** A single message that came back this often may have killed its consumers: it is handled with nothing else in hand. */
const SUSPECT_AFTER = 4;
/**
 * A batch that came back this often is taken apart, with nothing else in hand: its items go back to the queue one by one. A
 * crash meanwhile would publish them again with the next attempt.
 */
const APART_AFTER = 2;
/** Of so many messages it is known that their handler failed here. */
const MAX_KNOWN_FAILURES = 10_000;
const WORN_OUT: Death = { reason: 'delivery_limit', message: DELIVERY_LIMIT_SENTENCE };

/** One AMQP message that is not acknowledged. */
interface AmqpDelivery {
  readonly message: ConsumeMessage;
  readonly channel: ConsumerChannel;
  readonly isBatch: boolean;
  /** Whether a handler has had an item of it. */
  isBegun: boolean;
  /** Items that are not settled; with the last, the message is acknowledged. */
  open: number;
}

interface Item {
  readonly received: Received;
  readonly amqpDelivery: AmqpDelivery;
}

export function createDeliveryHandling(options: DeliveryHandlingOptions): DeliveryHandling {
  const { queue, handler, prefetch, logger } = options;
  const mayHaveBatches = BATCHED_QUEUES.has(queue) || queue === DEAD_LETTER_QUEUE;
  let running = 0;
  /** Items that are being published again, without a handler. */
  let publishing = 0;
  /** More than `prefetch` arrive in batches, and after a resume or a new channel while earlier handlers still run. */
  let parked: Item[] = [];
  const retrying = new Map<Item, NodeJS.Timeout>();
  /** Ids of messages that went back to the queue because their handler failed. */
  const knownFailures = new Set<string>();
  let isDraining = false;
  const idlers = new Set<() => void>();

  function take(message: ConsumeMessage, channel: ConsumerChannel): void {
    const amqpDelivery: AmqpDelivery = {
      message,
      channel,
      isBatch: mayHaveBatches && isBatch(message),
      isBegun: false,
      open: 1,
    };
    if (!amqpDelivery.isBatch) {
      options.onTaken(queue, 1);
      place({ received: fromMessage(message, newId), amqpDelivery });
      return;
    }
    const items = itemsOf(message, newId).map((received) => ({ received, amqpDelivery }));
    amqpDelivery.open = items.length;
    options.onTaken(queue, items.length);
    if (items.length === 0) channel.acknowledger.acknowledge(message.fields.deliveryTag);
    else if (queue !== DEAD_LETTER_QUEUE && redeliveriesOf(message) >= APART_AFTER) takeApart(items);
    else for (const item of items) place(item);
  }

  function place(item: Item): void {
    if (running < prefetch) start(item);
    else parked.push(item);
  }

  /** Nothing of it is handled: one that kills its consumer would take the others along time and again. */
  function takeApart(items: readonly Item[]): void {
    logger.warn({ queue, items: items.length }, 'a batch came back too often and is taken apart');
    for (const item of items) {
      if ('envelope' in item.received) publishAgain(item);
      else start(item);
    }
  }

  function start(item: Item): void {
    const { received, amqpDelivery } = item;
    running += 1;
    amqpDelivery.isBegun = true;
    const done = (): void => {
      settle(item);
      finish();
    };
    const failed = (error: unknown): void => {
      retryLater(item, error);
      finish();
    };
    if (!('envelope' in received)) {
      const { salvaged, reason: message } = received;
      bury(salvaged, { reason: 'malformed_message', message }).then(done, failed);
      return;
    }
    const { envelope } = received;
    const redeliveries = redeliveriesOf(amqpDelivery.message);
    if (redeliveries >= DELIVERY_LIMIT && queue !== DEAD_LETTER_QUEUE) {
      // RabbitMQ enforces the limit itself, but since 4.3 it does not count messages that came back from crashed
      // consumers.
      bury(envelope, WORN_OUT).then(done, failed);
      return;
    }
    hand({ envelope, queue, redeliveries }).then(done, (error: unknown) => {
      // A dead letter cannot die: its own handler's rejection is a failure like any other.
      if (!(error instanceof Reject) || queue === DEAD_LETTER_QUEUE) failed(error);
      else bury(envelope, { reason: error.reason, message: error.message }).then(done, failed);
    });
  }

  function hand(delivery: Delivery): Promise<void> {
    try {
      return Promise.resolve(handler(delivery));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function settle({ amqpDelivery }: Item): void {
    amqpDelivery.open -= 1;
    if (amqpDelivery.open > 0) return;
    const { message, channel } = amqpDelivery;
    if (knownFailures.size > 0) knownFailures.delete(String(message.properties.messageId));
    channel.acknowledger.acknowledge(message.fields.deliveryTag);
  }

  function finish(): void {
    running -= 1;
    const next = parked.shift();
    if (next !== undefined) start(next);
    else wakeIdlers();
  }

  function wakeIdlers(): void {
    if (running + publishing === 0) for (const wake of idlers) wake();
  }

  function bury(envelope: Envelope, death: Death): Promise<void> {
    const { messageId, headers } = envelope;
    logger.warn(
      { queue, messageId, traceId: traceIdOf(headers), ...death },
      'a message goes to the dead letters',
    );
    return options.publishAlone(DEAD_LETTER_QUEUE, deadLetterOf(envelope, queue, death));
  }

  function retryLater(item: Item, error: unknown): void {
    const { message, channel } = item.amqpDelivery;
    if (!channel.isAlive()) return;
    const failures = redeliveriesOf(message);
    const { messageId, headers } = envelopeIn(item.received);
    logger.warn(
      { queue, messageId, traceId: traceIdOf(headers), failures, err: error },
      'a handler failed, the message is handed out again',
    );
    if (isDraining) {
      giveBack(item);
      return;
    }
    const timer = setTimeout(
      () => {
        retrying.delete(item);
        giveBack(item);
      },
      retryDelayOf(options.retryDelay, failures),
    );
    retrying.set(item, timer);
    options.onFailure(channel);
  }

  /** Returns a failed message to the queue, or of a batch the failed item as a message of its own. */
  function giveBack(item: Item): void {
    if (item.amqpDelivery.isBatch) {
      publishAgain(item);
      return;
    }
    const { message, channel } = item.amqpDelivery;
    knownFailures.add(String(message.properties.messageId));
    if (knownFailures.size > MAX_KNOWN_FAILURES) {
      const [oldest] = knownFailures;
      if (oldest !== undefined) knownFailures.delete(oldest);
    }
    channel.acknowledger.requeue(message.fields.deliveryTag);
  }

  function publishAgain(item: Item): void {
    publishing += 1;
    item.amqpDelivery.isBegun = true;
    options
      .publishAlone(queue, envelopeIn(item.received))
      .then(
        () => settle(item),
        (error: unknown) => {
          // While draining it is left to the end of the channel, which returns the whole message.
          if (!isDraining) retryLater(item, error);
        },
      )
      .finally(() => {
        publishing -= 1;
        wakeIdlers();
      });
  }

  function returnFailed(): void {
    const failed = [...retrying];
    retrying.clear();
    for (const [item, timer] of failed) {
      clearTimeout(timer);
      giveBack(item);
    }
  }

  function returnUnstarted(): void {
    const unbegun = new Set<AmqpDelivery>();
    // A batch that was begun is finished: its rest would come behind the messages that are in the queue by now.
    const begun = parked.filter(({ amqpDelivery }) => {
      if (!amqpDelivery.isBegun) unbegun.add(amqpDelivery);
      return amqpDelivery.isBegun;
    });
    parked = begun;
    for (const { message, channel } of unbegun) channel.acknowledger.requeue(message.fields.deliveryTag);
    returnFailed();
  }

  return {
    take,
    isSuspect: (message) =>
      queue !== DEAD_LETTER_QUEUE &&
      redeliveriesOf(message) >= (mayHaveBatches && isBatch(message) ? APART_AFTER : SUSPECT_AFTER) &&
      !knownFailures.has(String(message.properties.messageId)),
    inHand: () => running,
    unsettled: () => running + publishing + parked.length + retrying.size,
    returnUnstarted,
    returnFailed,
    drain: () => {
      isDraining = true;
      returnUnstarted();
    },
    forget: (channel) => {
      parked = parked.filter(({ amqpDelivery }) => amqpDelivery.channel !== channel);
      for (const [item, timer] of retrying) {
        if (item.amqpDelivery.channel !== channel) continue;
        clearTimeout(timer);
        retrying.delete(item);
      }
    },
    idle: (timeoutMs) => {
      if (running + publishing === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          idlers.delete(end);
          resolve();
        };
        const timer = setTimeout(end, timeoutMs);
        idlers.add(end);
      });
    },
  };
}

const envelopeIn = (received: Received): Envelope =>
  'envelope' in received ? received.envelope : received.salvaged;

/** The envelope as it lies in the dead letters: id, body and headers as they were, and why and where it died. */
function deadLetterOf(envelope: Envelope, queue: string, { reason, message }: Death): Envelope {
  return {
    ...envelope,
    headers: {
      ...envelope.headers,
      [HEADERS.deathReason]: reason,
      [HEADERS.deathMessage]: message.slice(0, MAX_DEATH_MESSAGE),
      [HEADERS.deathQueue]: queue,
    },
  };
}

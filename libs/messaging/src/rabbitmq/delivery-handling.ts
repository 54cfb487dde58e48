import { DEAD_LETTER_QUEUE, newId, traceIdOf } from '@parley/shared-models';
import type { ConsumeMessage } from 'amqplib';
import { type BusLogger, type RetryDelay, retryDelayOf } from '../bus-options.ts';
import { type Delivery, type Envelope, type Handler, Reject } from '../message-bus.ts';
import { DELIVERY_LIMIT } from '../topology.ts';
import type { ConsumerSession } from './consumer-session.ts';
import { type Death, deadLetterOf } from './dead-letter.ts';
import { DELIVERY_LIMIT_SENTENCE, fromMessage, redeliveriesOf, salvage } from './envelope-properties.ts';

export interface DeliveryHandlingOptions {
  readonly queue: string;
  readonly handler: Handler;
  /** Handlers that run at once. */
  readonly prefetch: number;
  readonly retryDelay: RetryDelay;
  /** Resolves when the dead letters hold it durably. */
  readonly publishDeadLetter: (envelope: Envelope) => Promise<void>;
  readonly logger: BusLogger;
}

/** What becomes of each delivery of one subscription, over all its channels. */
export interface DeliveryHandling {
  /** Gives the message to the handler, now or when another one is finished. */
  readonly take: (message: ConsumeMessage, session: ConsumerSession) => void;
  /** Returns to the queue what no handler has: what waits for its turn or its retry. */
  returnUnstarted(): void;
  /** Does so now, and from now on at once with what fails. */
  drain(): void;
  /** The session is lost, and with it the right to settle what came by it. */
  forget(session: ConsumerSession): void;
  /** Handlers that run. */
  inHand(): number;
  /** Resolves when no handler runs, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>;
}

const MALFORMED: Death = { reason: 'malformed_message', message: 'It has no message id or no type.' };
const WORN_OUT: Death = { reason: 'delivery_limit', message: DELIVERY_LIMIT_SENTENCE };

interface Arrived {
  readonly message: ConsumeMessage;
  readonly session: ConsumerSession;
}

export function createDeliveryHandling(options: DeliveryHandlingOptions): DeliveryHandling {
  const { queue, handler, prefetch, logger } = options;
  let running = 0;
  /** After a resume or a new channel RabbitMQ hands out a full prefetch, while earlier handlers still run. */
  let parked: Arrived[] = [];
  const retrying = new Map<Arrived, NodeJS.Timeout>();
  let isDraining = false;
  const idlers = new Set<() => void>();

  function take(message: ConsumeMessage, session: ConsumerSession): void {
    if (running < prefetch) start(message, session);
    else parked.push({ message, session });
  }

  function start(message: ConsumeMessage, session: ConsumerSession): void {
    running += 1;
    const done = (): void => {
      session.acknowledger.acknowledge(message.fields.deliveryTag);
      finish();
    };
    const failed = (error: unknown): void => {
      retryLater({ message, session }, error);
      finish();
    };
    const envelope = fromMessage(message);
    if (envelope === undefined) {
      bury(salvage(message, newId()), MALFORMED).then(done, failed);
      return;
    }
    const redeliveries = redeliveriesOf(message);
    if (redeliveries >= DELIVERY_LIMIT && queue !== DEAD_LETTER_QUEUE) {
      // RabbitMQ sees to the limit itself, but since 4.3 it does not count what came back from crashed consumers.
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

  function finish(): void {
    running -= 1;
    const next = parked.shift();
    if (next !== undefined) start(next.message, next.session);
    else if (running === 0) for (const wake of idlers) wake();
  }

  function bury(envelope: Envelope, death: Death): Promise<void> {
    const { messageId, headers } = envelope;
    logger.warn(
      { queue, messageId, traceId: traceIdOf(headers), ...death },
      'a message goes to the dead letters',
    );
    return options.publishDeadLetter(deadLetterOf(envelope, queue, death));
  }

  function retryLater(arrived: Arrived, error: unknown): void {
    const { message, session } = arrived;
    if (!session.isAlive()) return;
    const failures = redeliveriesOf(message);
    const { messageId, headers } = message.properties;
    logger.warn(
      { queue, messageId, traceId: traceIdOf(headers ?? {}), failures, err: error },
      'a handler failed, the message is handed out again',
    );
    if (isDraining) {
      session.acknowledger.requeue(message.fields.deliveryTag);
      return;
    }
    const timer = setTimeout(
      () => {
        retrying.delete(arrived);
        session.acknowledger.requeue(message.fields.deliveryTag);
      },
      retryDelayOf(options.retryDelay, failures),
    );
    retrying.set(arrived, timer);
  }

  function returnUnstarted(): void {
    for (const { message, session } of parked) session.acknowledger.requeue(message.fields.deliveryTag);
    parked = [];
    for (const [{ message, session }, timer] of retrying) {
      clearTimeout(timer);
      session.acknowledger.requeue(message.fields.deliveryTag);
    }
    retrying.clear();
  }

  return {
    take,
    inHand: () => running,
    returnUnstarted,
    drain: () => {
      isDraining = true;
      returnUnstarted();
    },
    forget: (session) => {
      parked = parked.filter((arrived) => arrived.session !== session);
      for (const [arrived, timer] of retrying) {
        if (arrived.session !== session) continue;
        clearTimeout(timer);
        retrying.delete(arrived);
      }
    },
    idle: (timeoutMs) => {
      if (running === 0) return Promise.resolve();
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

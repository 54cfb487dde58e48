import { ParleyError } from '@parley/shared-models';
import type { Message, Options } from 'amqplib';
import type { BusLogger } from '../bus-options.ts';
import type { Envelope } from '../message-bus.ts';
import { fullJitter, RETRY } from './backoff.ts';
import { createDeadlines } from './deadlines.ts';
import { toBuffer, toProperties } from './envelope-properties.ts';
import { createUnconfirmedWindow } from './unconfirmed-window.ts';

/** Sent and not yet confirmed, at most; further publishes wait here for their turn. */
const MAX_UNCONFIRMED = 2048;
const MAX_UNCONFIRMED_BYTES = 16 * 1024 * 1024;
/** Publishes that wait or are unconfirmed, at most: who goes on publishing without waiting is refused. */
const MAX_PENDING = 100_000;
/** RabbitMQ 4 closes the channel over a larger message. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Leads to the queue whose name is the routing key. */
const DEFAULT_EXCHANGE = '';

interface Pending {
  /** For messages and errors: where it is to go. */
  readonly queue: string;
  readonly exchange: string;
  readonly envelope: Envelope;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** RabbitMQ found no such queue; its confirm follows. */
  isReturned: boolean;
  isSettled: boolean;
}

interface Verdict {
  readonly deliveryTag: number;
  /** For all before as well. */
  readonly multiple: boolean;
}

/** What is used of amqplib's ConfirmChannel. */
export interface ConfirmingChannel {
  /** Returns false where nothing more should be published before `drain`. */
  publish(exchange: string, routingKey: string, content: Buffer, options?: Options.Publish): boolean;
  on(event: 'ack' | 'nack', listener: (verdict: Verdict) => void): unknown;
  on(event: 'return', listener: (message: Message) => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
}

export interface Publisher {
  publish(queue: string, envelope: Envelope): Promise<void>;
  /** To all queues that are bound to the key, if any. */
  publishTo(exchange: string, routingKey: string, envelope: Envelope): Promise<void>;
  /** Goes on with a new channel: sends again, in their order, what the old one left unconfirmed. */
  attach(channel: ConfirmingChannel): void;
  detach(): void;
  /** While blocked nothing more is sent. */
  setBlocked(isBlocked: boolean): void;
  /** Takes no more, and resolves when everything taken is confirmed or has run out of time. */
  close(): Promise<void>;
}

export interface PublisherOptions {
  readonly timeoutMs: number;
  readonly logger: BusLogger;
  /** Whether the queue should exist, so that RabbitMQ lost it when it does not. */
  readonly isPermanent: (queue: string) => boolean;
  /** Called when a permanent queue is missing: makes it again. The publish is repeated. */
  readonly restore: () => void;
}

/** Publishes with pipelined confirms on whichever channel there is, and repeats what was not confirmed. */
export function createPublisher({ timeoutMs, logger, isPermanent, restore }: PublisherOptions): Publisher {
  const pending = new Set<Pending>();
  const unconfirmed = createUnconfirmedWindow<Pending>(MAX_UNCONFIRMED);
  let unconfirmedBytes = 0;
  /** To be sent, from `head` on. */
  let waiting: Pending[] = [];
  let head = 0;
  /** Refused by RabbitMQ, to be sent again when `retryTimer` fires. */
  let refused: Pending[] = [];
  let refusals = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let channel: ConfirmingChannel | undefined;
  let isWritable = false;
  let isBlocked = false;
  let whenEmpty: (() => void) | undefined;
  let isClosed = false;

  const deadlines = createDeadlines(pending, (item) =>
    fail(
      item,
      new ParleyError('bus_unavailable', `${item.queue} did not take the message within ${timeoutMs} ms`),
    ),
  );

  function settle(item: Pending): boolean {
    if (item.isSettled) return false;
    item.isSettled = true;
    pending.delete(item);
    if (pending.size === 0) whenEmpty?.();
    return true;
  }

  function fail(item: Pending, error: Error): void {
    if (settle(item)) item.reject(error);
  }

  function canSend(): boolean {
    return isWritable && !isBlocked && unconfirmedBytes < MAX_UNCONFIRMED_BYTES && unconfirmed.hasRoom();
  }

  function send(on: ConfirmingChannel, item: Pending): void {
    const { exchange, queue, envelope } = item;
    item.isReturned = false;
    try {
      const hasRoom = on.publish(
        exchange,
        queue,
        toBuffer(envelope.body),
        toProperties(envelope, exchange === DEFAULT_EXCHANGE),
      );
      if (channel === on) isWritable = hasRoom;
    } catch (error) {
      // Either the channel is closing, then its end brings a new one; or the envelope cannot be encoded.
      if (isClosing(error)) isWritable = false;
      else fail(item, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    unconfirmed.push(item);
    unconfirmedBytes += envelope.body.byteLength;
  }

  function pump(): void {
    if (waiting.length === 0) return;
    while (head < waiting.length && channel !== undefined && canSend()) {
      const item = waiting[head];
      head += 1;
      if (item !== undefined && !item.isSettled) send(channel, item);
    }
    if (head === waiting.length || head > 4096) {
      waiting = waiting.slice(head);
      head = 0;
    }
  }

  function onConfirm(item: Pending, isAck: boolean): void {
    unconfirmedBytes -= item.envelope.body.byteLength;
    if (isAck && !item.isReturned) {
      refusals = 0;
      if (settle(item)) item.resolve();
    } else if (item.isReturned && !isPermanent(item.queue)) {
      fail(item, new ParleyError('queue_missing', `there is no queue ${item.queue}`));
    } else if (!item.isSettled) {
      if (refusals === 0) {
        const reason = item.isReturned
          ? 'there is no such queue'
          : 'the queue is full or has lost its majority';
        logger.warn({ queue: item.queue, reason }, 'RabbitMQ refuses messages, trying again');
      }
      if (item.isReturned) restore();
      refused.push(item);
      retryTimer ??= setTimeout(retryRefused, fullJitter(RETRY, refusals++));
    }
  }

  const onAck = (item: Pending): void => onConfirm(item, true);
  const onNack = (item: Pending): void => onConfirm(item, false);

  function retryRefused(): void {
    retryTimer = undefined;
    waiting = [...refused, ...waiting.slice(head)];
    head = 0;
    refused = [];
    pump();
  }

  function onReturn({ properties, fields }: Message): void {
    const returned = unconfirmed.find(
      (item) =>
        !item.isReturned &&
        item.envelope.messageId === properties.messageId &&
        item.queue === fields.routingKey,
    );
    if (returned !== undefined) returned.isReturned = true;
  }

  function stopRetrying(): void {
    clearTimeout(retryTimer);
    retryTimer = undefined;
    refused = [];
  }

  function publish(exchange: string, queue: string, envelope: Envelope): Promise<void> {
    if (isClosed) return Promise.reject(new ParleyError('bus_unavailable', 'the bus is closed'));
    if (pending.size >= MAX_PENDING) {
      return Promise.reject(
        new ParleyError('bus_unavailable', `${MAX_PENDING} publishes are waiting already`),
      );
    }
    if (envelope.body.byteLength > MAX_BODY_BYTES) {
      return Promise.reject(new RangeError(`a body may have ${MAX_BODY_BYTES} bytes`));
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs;
      const item: Pending = {
        exchange,
        queue,
        envelope,
        deadline,
        resolve,
        reject,
        isReturned: false,
        isSettled: false,
      };
      pending.add(item);
      deadlines.start();
      if (head === waiting.length && channel !== undefined && canSend()) send(channel, item);
      else waiting.push(item);
    });
  }

  return {
    publish: (queue, envelope) => publish(DEFAULT_EXCHANGE, queue, envelope),
    publishTo: publish,

    attach: (fresh) => {
      channel = fresh;
      isWritable = true;
      fresh.on('ack', ({ deliveryTag, multiple }) => {
        if (channel !== fresh) return;
        unconfirmed.confirm(deliveryTag, multiple, onAck);
        pump();
      });
      fresh.on('nack', ({ deliveryTag, multiple }) => {
        if (channel !== fresh) return;
        unconfirmed.confirm(deliveryTag, multiple, onNack);
        pump();
      });
      fresh.on('return', (message) => {
        if (channel === fresh) onReturn(message);
      });
      fresh.on('drain', () => {
        if (channel !== fresh) return;
        isWritable = true;
        pump();
      });
      stopRetrying();
      waiting = [...pending];
      head = 0;
      pump();
    },

    detach: () => {
      channel = undefined;
      isWritable = false;
      isBlocked = false;
      unconfirmed.clear();
      unconfirmedBytes = 0;
      stopRetrying();
    },

    setBlocked: (blocked) => {
      isBlocked = blocked;
      pump();
    },

    close: async () => {
      isClosed = true;
      if (pending.size > 0) {
        await new Promise<void>((resolve) => {
          whenEmpty = resolve;
        });
      }
      deadlines.stop();
      stopRetrying();
    },
  };
}

function isClosing(error: unknown): boolean {
  return error instanceof Error && error.name === 'IllegalOperationError';
}

import { ParleyError } from '@parley/shared-models';
import type { Message, Options } from 'amqplib';
import { fullJitter, RETRY } from '../backoff.ts';
import { BATCH_LIMITS, encodeBatch } from '../batch.ts';
import type { BusLogger } from '../bus-options.ts';
import type { Envelope } from '../message-bus.ts';
import { BATCHED_QUEUES } from '../topology.ts';
import { batchProperties, toBuffer, toProperties } from './envelope-properties.ts';
import { createDeadlines, createUnconfirmedWindow } from './unconfirmed-window.ts';

/** Sent and not yet confirmed, at most; further publishes wait here for their turn. */
const MAX_UNCONFIRMED = 2048;
const MAX_UNCONFIRMED_BYTES = 16 * 1024 * 1024;
/** Publishes that wait or are unconfirmed, at most: further ones are refused. */
const MAX_PENDING = 100_000;
/** RabbitMQ 4 closes the channel over a larger message. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** AMQP messages of a queue with batches that are under way at once; messages published meanwhile go into the next one. */
const MAX_UNDER_WAY = 1;

/** Leads to the queue whose name is the routing key. */
const DEFAULT_EXCHANGE = '';

/** One envelope to be published. */
interface Pending {
  readonly buffer: SendBuffer;
  /** For messages and errors: where it is to go. */
  readonly queue: string;
  readonly exchange: string;
  readonly envelope: Envelope;
  /** Whether it may not travel in a batch. */
  readonly isAlone: boolean;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isSettled: boolean;
}

/** Publishes that keep their order: those to one queue with batches, or all others. */
interface SendBuffer {
  readonly isBatched: boolean;
  /** To be sent, from `head` on. */
  waiting: Pending[];
  head: number;
  /** AMQP messages that are not confirmed. */
  underWay: number;
}

/** One AMQP message that is not confirmed. */
interface Sent {
  readonly buffer: SendBuffer;
  readonly items: readonly Pending[];
  readonly messageId: string;
  readonly bytes: number;
  /** RabbitMQ found no such queue; its confirm follows. */
  isReturned: boolean;
}

interface Verdict {
  readonly deliveryTag: number;
  /** For all before as well. */
  readonly multiple: boolean;
}

/** The part of amqplib's ConfirmChannel that is used. */
export interface ConfirmingChannel {
  /** Returns false where nothing more should be published before `drain`. */
  publish(exchange: string, routingKey: string, content: Buffer, options?: Options.Publish): boolean;
  on(event: 'ack' | 'nack', listener: (verdict: Verdict) => void): unknown;
  on(event: 'return', listener: (message: Message) => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
}

export interface Publisher {
  /**
   * Under load, messages published to one of `BATCHED_QUEUES` while the one before them is under way go as one message,
   * and resolve with its confirm.
   */
  publish(queue: string, envelope: Envelope): Promise<void>;
  /** In its order, but as a message of its own. */
  publishAlone(queue: string, envelope: Envelope): Promise<void>;
  /** To all queues that are bound to the key, if any. */
  publishTo(exchange: string, routingKey: string, envelope: Envelope): Promise<void>;
  /** Goes on with a new channel: sends again, in their order, the messages that the old one left unconfirmed. */
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
  /** Whether anybody takes from the queue. Where nobody does, messages go alone, so that RabbitMQ's count is that of the items. */
  readonly isConsumed: (queue: string) => boolean;
  /** Called for each AMQP message with the items in it. */
  readonly onSent: (queue: string, items: number) => void;
}

/** Publishes with pipelined confirms on the channel of the moment, and repeats unconfirmed messages. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { timeoutMs, logger, isPermanent, restore, isConsumed, onSent } = options;
  const pending = new Set<Pending>();
  const unconfirmed = createUnconfirmedWindow<Sent>(MAX_UNCONFIRMED);
  let unconfirmedBytes = 0;
  const others = createSendBuffer(false);
  const batched = new Map(Array.from(BATCHED_QUEUES, (queue) => [queue, createSendBuffer(true)]));
  const buffers = [...batched.values(), others];
  /** Refused by RabbitMQ, to be sent again when `retryTimer` fires. */
  let refused: Pending[] = [];
  let refusals = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let channel: ConfirmingChannel | undefined;
  let isWritable = false;
  let isBlocked = false;
  let isPumpDue = false;
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

  /** @returns how many of the items went, the first ones */
  function send(on: ConfirmingChannel, candidates: readonly [Pending, ...Pending[]]): number {
    const [first] = candidates;
    const { buffer, exchange, queue, envelope } = first;
    let items: readonly Pending[] = [first];
    let content = toBuffer(envelope.body);
    try {
      if (candidates.length > 1) {
        const batch = encodeBatch(candidates.map((each) => each.envelope));
        items = candidates.slice(0, batch.count);
        if (batch.count > 1) ({ content } = batch);
      }
      const wrapping = { isMandatory: exchange === DEFAULT_EXCHANGE, isPacked: buffer.isBatched };
      const properties =
        items.length > 1 ? batchProperties(envelope.messageId) : toProperties(envelope, wrapping);
      const hasRoom = on.publish(exchange, queue, content, properties);
      if (channel === on) isWritable = hasRoom;
    } catch (error) {
      // Either the channel is closing, then its end brings a new one; or an envelope cannot be encoded.
      if (isClosing(error)) isWritable = false;
      else for (const item of items) fail(item, error instanceof Error ? error : new Error(String(error)));
      return items.length;
    }
    const { byteLength: bytes } = content;
    unconfirmed.push({ buffer, items, messageId: envelope.messageId, bytes, isReturned: false });
    unconfirmedBytes += bytes;
    buffer.underWay += 1;
    if (buffer.isBatched) onSent(queue, items.length);
    return items.length;
  }

  /** The items to send next as one message; undefined: nothing, or not yet. */
  function nextOf(buffer: SendBuffer): [Pending, ...Pending[]] | undefined {
    const { waiting } = buffer;
    while (waiting[buffer.head]?.isSettled === true) buffer.head += 1;
    const first = waiting[buffer.head];
    if (first === undefined) return undefined;
    if (!buffer.isBatched || first.isAlone || !isConsumed(first.queue)) return [first];
    if (buffer.underWay >= MAX_UNDER_WAY) return undefined;
    const items: [Pending, ...Pending[]] = [first];
    for (let at = buffer.head + 1; at < waiting.length && items.length < BATCH_LIMITS.items; at++) {
      const item = waiting[at];
      if (item === undefined || item.isAlone || item.isSettled) break;
      items.push(item);
    }
    return items;
  }

  function pumpBuffer(buffer: SendBuffer): void {
    while (channel !== undefined && canSend()) {
      const items = nextOf(buffer);
      if (items === undefined) break;
      buffer.head += send(channel, items);
    }
    if (buffer.head === buffer.waiting.length || buffer.head > 4096) {
      buffer.waiting = buffer.waiting.slice(buffer.head);
      buffer.head = 0;
    }
  }

  function pump(): void {
    for (const buffer of buffers) if (buffer.waiting.length > 0) pumpBuffer(buffer);
  }

  /**
   * Sends when the running code and the callbacks of the promises that it has resolved have ended: messages published in
   * one turn of the event loop go as one message, and nothing waits for a timer or another turn.
   */
  function pumpAfterThisTurn(): void {
    if (isPumpDue) return;
    isPumpDue = true;
    // A tick that is set from within the promises' callbacks comes when these are through.
    process.nextTick(() =>
      queueMicrotask(() =>
        process.nextTick(() => {
          isPumpDue = false;
          pump();
        }),
      ),
    );
  }

  /** After a confirm: messages received together with it may lead to further publishes on the queues with batches. */
  function goOn(): void {
    if (others.waiting.length > 0) pumpBuffer(others);
    for (const buffer of batched.values()) if (buffer.waiting.length > 0) pumpAfterThisTurn();
  }

  function onConfirm({ buffer, items, bytes, isReturned }: Sent, isAck: boolean): void {
    unconfirmedBytes -= bytes;
    buffer.underWay -= 1;
    for (const item of items) {
      if (isAck && !isReturned) {
        refusals = 0;
        if (settle(item)) item.resolve();
      } else if (isReturned && !isPermanent(item.queue)) {
        fail(item, new ParleyError('queue_missing', `there is no queue ${item.queue}`));
      } else if (!item.isSettled) refuse(item, isReturned);
    }
  }

  function refuse(item: Pending, isReturned: boolean): void {
    if (refusals === 0) {
      const reason = isReturned ? 'there is no such queue' : 'the queue is full or has lost its majority';
      logger.warn({ queue: item.queue, reason }, 'RabbitMQ refuses messages, trying again');
    }
    if (isReturned) restore();
    refused.push(item);
    retryTimer ??= setTimeout(retryRefused, fullJitter(RETRY, refusals++));
  }

  const onAck = (sent: Sent): void => onConfirm(sent, true);
  const onNack = (sent: Sent): void => onConfirm(sent, false);

  function retryRefused(): void {
    retryTimer = undefined;
    for (const buffer of buffers) {
      const again = refused.filter((item) => item.buffer === buffer);
      if (again.length === 0) continue;
      buffer.waiting = [...again, ...buffer.waiting.slice(buffer.head)];
      buffer.head = 0;
    }
    refused = [];
    pump();
  }

  function onReturn({ properties, fields }: Message): void {
    const returned = unconfirmed.find(
      ({ isReturned, messageId, items: [first] }) =>
        !isReturned && messageId === properties.messageId && first?.queue === fields.routingKey,
    );
    if (returned !== undefined) returned.isReturned = true;
  }

  function stopRetrying(): void {
    clearTimeout(retryTimer);
    retryTimer = undefined;
    refused = [];
  }

  function publish(exchange: string, queue: string, envelope: Envelope, isAlone: boolean): Promise<void> {
    if (isClosed) return Promise.reject(new ParleyError('bus_unavailable', 'the bus is closed'));
    if (pending.size >= MAX_PENDING) {
      return Promise.reject(
        new ParleyError('bus_unavailable', `${MAX_PENDING} publishes are waiting already`),
      );
    }
    if (envelope.body.byteLength > MAX_BODY_BYTES) {
      return Promise.reject(new RangeError(`a body may have ${MAX_BODY_BYTES} bytes`));
    }
    const buffer = (exchange === DEFAULT_EXCHANGE ? batched.get(queue) : undefined) ?? others;
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs;
      const item: Pending = {
        buffer,
        exchange,
        queue,
        envelope,
        isAlone,
        deadline,
        resolve,
        reject,
        isSettled: false,
      };
      pending.add(item);
      deadlines.start();
      if (!buffer.isBatched && buffer.head === buffer.waiting.length && channel !== undefined && canSend()) {
        send(channel, [item]);
        return;
      }
      buffer.waiting.push(item);
      if (buffer.isBatched && (buffer.underWay < MAX_UNDER_WAY || isAlone || !isConsumed(queue)))
        pumpAfterThisTurn();
    });
  }

  return {
    publish: (queue, envelope) => publish(DEFAULT_EXCHANGE, queue, envelope, false),
    publishAlone: (queue, envelope) => publish(DEFAULT_EXCHANGE, queue, envelope, true),
    publishTo: (exchange, routingKey, envelope) => publish(exchange, routingKey, envelope, false),

    attach: (fresh) => {
      channel = fresh;
      isWritable = true;
      fresh.on('ack', ({ deliveryTag, multiple }) => {
        if (channel !== fresh) return;
        unconfirmed.confirm(deliveryTag, multiple, onAck);
        goOn();
      });
      fresh.on('nack', ({ deliveryTag, multiple }) => {
        if (channel !== fresh) return;
        unconfirmed.confirm(deliveryTag, multiple, onNack);
        goOn();
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
      for (const buffer of buffers) {
        buffer.waiting = [];
        buffer.head = 0;
      }
      for (const item of pending) item.buffer.waiting.push(item);
      pump();
    },

    detach: () => {
      channel = undefined;
      isWritable = false;
      isBlocked = false;
      unconfirmed.clear();
      unconfirmedBytes = 0;
      for (const buffer of buffers) buffer.underWay = 0;
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

const createSendBuffer = (isBatched: boolean): SendBuffer => ({
  isBatched,
  waiting: [],
  head: 0,
  underWay: 0,
});

function isClosing(error: unknown): boolean {
  return error instanceof Error && error.name === 'IllegalOperationError';
}

import type { QueueDelivery, QueueRefusal } from '@parley/control-plane';
import { ParleyError, type QueueName, traceIdOf } from '@parley/shared-models';
import type { BusLogger } from '../bus-options.ts';
import { type Delivery, type Handler, Reject, type Subscription } from '../message-bus.ts';
import { type PendingCalls, unavailable } from './pending-calls.ts';

/** The stream on which a subscription consumes now. */
export interface SubscriptionStream {
  /** New for each subscription of the stream. */
  nextSubscription(): number;
  acknowledge(delivery: number): void;
  refuse(refusal: QueueRefusal): void;
}

export interface RemoteSubscription extends Subscription {
  /** Resolves when it consumes for the first time. @throws ParleyError `queue_missing`, `bus_unavailable` */
  started(): Promise<void>;
  /** There is a stream: consumes on it. Returns by which number, if it wants to. */
  attach(stream: SubscriptionStream): void;
  /** The stream is gone, and with it the messages in hand. */
  detach(): void;
  /** The number by which it consumes on the stream; undefined where it does not. */
  readonly number: number | undefined;
  deliver(delivery: QueueDelivery): void;
}

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;
/** So much longer than a handler may take, the answer to a close is waited for. */
const CLOSE_MARGIN_MS = 5_000;
/** After the server has refused it on a later stream. */
const RETRY_MS = 1_000;
/** Of an error that a handler throws; a stack trace is for the log. */
const SENTENCE_LENGTH = 1_000;

export function createRemoteSubscription({
  queue,
  handler,
  prefetch,
  timeoutMs,
  calls,
  onClosed,
  logger,
}: {
  queue: QueueName;
  handler: Handler;
  prefetch: number;
  /** How long it may take to consume for the first time. */
  timeoutMs: number;
  calls: PendingCalls;
  onClosed: () => void;
  logger: BusLogger;
}): RemoteSubscription {
  const first = Promise.withResolvers<void>();
  let wanted: 'taking' | 'paused' | 'closed' = 'taking';
  let stream: SubscriptionStream | undefined;
  let number: number | undefined;
  let hands = new Set<number>();
  let retry: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const late = setTimeout(() => first.reject(unavailable(`no answer within ${timeoutMs} ms`)), timeoutMs);
  // Only the first caller waits for it.
  first.promise.catch(() => undefined).finally(() => clearTimeout(late));

  async function establish(): Promise<void> {
    const on = stream;
    if (on === undefined || wanted !== 'taking' || number !== undefined) return;
    const own = on.nextSubscription();
    number = own;
    try {
      await calls.operateHere({ consume: { subscription: own, queue, prefetch } });
      first.resolve();
    } catch (error) {
      if (number !== own) return;
      number = undefined;
      // It was not answered in time: it may consume there all the same.
      if (error instanceof ParleyError && error.code === 'bus_unavailable')
        await unlessLost(calls.operateHere({ close: { subscription: own, timeoutMs: 0 } }));
      else first.reject(error);
      if (closing !== undefined || stream !== on) return;
      logger.warn({ err: error, queue }, 'could not consume; trying again');
      retry = setTimeout(consume, RETRY_MS);
    }
  }

  /** Errors are told by `started`, or in the log. */
  function consume(): void {
    void establish();
  }

  async function handle({ number: delivery, envelope, redeliveries }: QueueDelivery): Promise<void> {
    const on = stream;
    const inHand = hands;
    inHand.add(delivery);
    const about = { queue, messageId: envelope.messageId, traceId: traceIdOf(envelope.headers) };
    const refusal = await refusalOf(delivery, handler, { envelope, queue, redeliveries });
    const isLost = !inHand.delete(delivery);
    if (on === undefined || isLost) logger.warn(about, 'a handler ended after its message was taken from it');
    else if (refusal === undefined) on.acknowledge(delivery);
    else {
      on.refuse(refusal.told);
      logger.warn({ err: refusal.error, ...about, redeliveries }, 'a message was not handled');
    }
  }

  function forget(): void {
    number = undefined;
    hands.clear();
    // A handler that still runs finds its delivery in the old set no more.
    hands = new Set();
    clearTimeout(retry);
  }

  async function close(closeTimeoutMs: number): Promise<void> {
    const own = number;
    if (own !== undefined) {
      try {
        const operation = { close: { subscription: own, timeoutMs: closeTimeoutMs } };
        await calls.operateHere(operation, closeTimeoutMs + CLOSE_MARGIN_MS);
      } catch (err) {
        logger.debug({ err, queue }, 'the end of a subscription was not answered');
      }
    }
    forget();
    first.reject(unavailable('it is closed'));
    onClosed();
  }

  /** Of a stream that is lost meanwhile nothing more comes anyway. */
  async function unlessLost(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (err) {
      logger.debug({ err, queue }, 'a change of a subscription was not answered');
    }
  }

  return {
    started: () => first.promise,
    get number() {
      return number;
    },
    get inHand() {
      return hands.size;
    },
    attach(to) {
      stream = to;
      consume();
    },
    detach() {
      stream = undefined;
      forget();
    },
    // Never rejects: how the handler ends is told to the server.
    deliver: (delivery) => void handle(delivery),
    async pause() {
      if (wanted !== 'taking') return;
      wanted = 'paused';
      clearTimeout(retry);
      if (number !== undefined) await unlessLost(calls.operateHere({ pause: number }));
    },
    async resume() {
      if (wanted !== 'paused') return;
      wanted = 'taking';
      if (number === undefined) consume();
      else await unlessLost(calls.operateHere({ resume: number }));
    },
    close({ timeoutMs: closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) {
      wanted = 'closed';
      if (closing === undefined) closing = close(closeTimeoutMs);
      else if (number !== undefined) {
        const operation = { close: { subscription: number, timeoutMs: closeTimeoutMs } };
        // Shortens the wait of the one under way, which answers. Never rejects.
        void unlessLost(calls.operateHere(operation));
      }
      return closing;
    },
  };
}

/** Undefined where the handler has finished its delivery. */
async function refusalOf(
  number: number,
  handler: Handler,
  delivery: Delivery,
): Promise<{ readonly error: unknown; readonly told: QueueRefusal } | undefined> {
  try {
    await handler(delivery);
    return undefined;
  } catch (error) {
    const isRejected = error instanceof Reject;
    const sentence = error instanceof Error ? error.message : String(error);
    const message = sentence.slice(0, SENTENCE_LENGTH);
    const reason = isRejected ? error.reason.slice(0, SENTENCE_LENGTH) : '';
    return { error, told: { delivery: number, isRejected, reason, message } };
  }
}

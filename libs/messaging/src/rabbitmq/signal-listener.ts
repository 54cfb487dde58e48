import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { fullJitter, RETRY } from '../backoff.ts';
import type { BusLogger } from '../bus-options.ts';
import type { Signal, SignalSubscription } from '../message-bus.ts';
import { SIGNAL_EXCHANGE } from '../topology.ts';

/** Signals that wait for one subscriber at most; then the oldest are dropped. */
const MAX_WAITING = 10_000;

export interface SignalListener extends SignalSubscription {
  /** Listens over this connection from now on, with the same bindings. */
  attach(model: ChannelModel): Promise<void>;
  detach(): void;
}

export interface SignalListenerOptions {
  readonly name: string;
  readonly listener: (signal: Signal) => void;
  readonly onClosed: () => void;
  readonly logger: BusLogger;
}

/** A queue that only this connection has, made anew with its bindings on every connection. */
export function createSignalListener({
  name,
  listener,
  onClosed,
  logger,
}: SignalListenerOptions): SignalListener {
  const keys = new Set<string>();
  let model: ChannelModel | undefined;
  let channel: Channel | undefined;
  let isClosed = false;
  let failures = 0;
  let retryTimer: NodeJS.Timeout | undefined;

  function deliver(message: ConsumeMessage): void {
    const { properties, fields, content } = message;
    try {
      listener({ type: String(properties.type ?? ''), key: fields.routingKey, body: content });
    } catch (error) {
      logger.error({ subscription: name, err: error }, 'a listener for signals failed');
    }
  }

  async function open(over: ChannelModel): Promise<void> {
    const fresh = await over.createChannel();
    let failure = new Error('the channel was closed');
    fresh.on('error', (error) => {
      failure = error;
    });
    fresh.on('close', () => {
      if (channel !== fresh) return;
      channel = undefined;
      retryLater(failure);
    });
    await fresh.assertQueue(name, {
      exclusive: true,
      autoDelete: true,
      durable: false,
      maxLength: MAX_WAITING,
    });
    // Before the first consumer: afterwards the bindings would go with the queue if that was cancelled.
    await Promise.all(Array.from(keys, (key) => fresh.bindQueue(name, SIGNAL_EXCHANGE, key)));
    const bound = new Set(keys);
    await fresh.consume(name, (message) => (message === null ? renew(fresh) : deliver(message)), {
      noAck: true,
    });
    if (isClosed || model !== over) return fresh.close();
    channel = fresh;
    failures = 0;
    // The keys that were bound and unbound in the meantime.
    await Promise.all([
      ...[...keys].filter((key) => !bound.has(key)).map((key) => fresh.bindQueue(name, SIGNAL_EXCHANGE, key)),
      ...[...bound]
        .filter((key) => !keys.has(key))
        .map((key) => fresh.unbindQueue(name, SIGNAL_EXCHANGE, key)),
    ]);
  }

  function renew(lost: Channel): void {
    lost
      .close()
      .catch((error: Error) => logger.debug({ subscription: name, reason: error.message }, 'channel gone'));
  }

  function retryLater(error: Error): void {
    if (isClosed || model === undefined) return;
    const delayMs = Math.round(fullJitter(RETRY, failures));
    failures += 1;
    const over = model;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => {
      logger.warn(
        { subscription: name, reason: error.message, failures },
        'signals do not arrive, trying again',
      );
      open(over).catch(retryLater);
    }, delayMs);
  }

  /** Done at once where there is no connection: the next one has the bindings. */
  async function onChannelIfAny(work: (on: Channel) => Promise<unknown>): Promise<void> {
    const current = channel;
    if (current === undefined) return;
    try {
      await work(current);
    } catch (error) {
      if (channel === current) throw error;
    }
  }

  return {
    attach: async (fresh) => {
      model = fresh;
      failures = 0;
      await open(fresh).catch(retryLater);
    },
    detach: () => {
      model = undefined;
      channel = undefined;
      clearTimeout(retryTimer);
    },
    bind: async (key) => {
      if (keys.has(key)) return;
      keys.add(key);
      await onChannelIfAny((on) => on.bindQueue(name, SIGNAL_EXCHANGE, key));
    },
    unbind: async (key) => {
      if (!keys.delete(key)) return;
      await onChannelIfAny((on) => on.unbindQueue(name, SIGNAL_EXCHANGE, key));
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(retryTimer);
      onClosed();
      const last = channel;
      channel = undefined;
      if (last === undefined) return;
      try {
        await last.deleteQueue(name);
        await last.close();
      } catch (error) {
        logger.debug(
          { subscription: name, reason: String(error) },
          'the channel ended before the subscription',
        );
      }
    },
  };
}

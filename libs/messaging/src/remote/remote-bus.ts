import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueEvent, QueueRequest } from '@parley/control-plane';
import { LIMITS, ParleyError } from '@parley/shared-models';
import { type Backoff, fullJitter } from '../backoff.ts';
import { isStorable } from '../batch.ts';
import { type BusOptions, DEFAULT_PUBLISH_TIMEOUT_MS } from '../bus-options.ts';
import type {
  BusHealth,
  Envelope,
  MessageBus,
  OpenQueueStream,
  QueueStream,
  SignalSubscription,
} from '../message-bus.ts';
import { createSignalHub } from '../signal-hub.ts';
import { bytesOf, type GatheredFrames, gatherFrames, MAX_HEADER_BYTES } from './gather-frames.ts';
import { createPendingCalls, unavailable } from './pending-calls.ts';
import {
  createRemoteSubscription,
  type RemoteSubscription,
  type SubscriptionStream,
} from './remote-subscription.ts';

/** A stream that is open. */
interface Link extends SubscriptionStream {
  readonly stream: QueueStream;
  readonly out: GatheredFrames<QueueRequest>;
  cut(): void;
}

/** For a server to end a stream that has ended here, in milliseconds. */
const FAREWELL_MS = 2_000;
/** A server that waits for its disk answers when its own time is up: only one that is silent for so much longer is dead. */
const LATE_MS = 5_000;
/** A server is back within seconds, and its own queue has few members. */
const RECONNECT: Backoff = { minMs: 50, maxMs: 1_000 };
/** A stream that lasted this long ends a series of failures. */
const STABLE_AFTER_MS = 5_000;

/**
 * The server's own queue, reached over gRPC by a member that runs as a process of its own. It is down until `attach` was called
 * and the server has let the member in; from then on it comes back by itself. `retryDelay` is the server's.
 */
export function createRemoteBus({
  logger,
  publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS,
}: Pick<BusOptions, 'logger' | 'publishTimeoutMs'>): MessageBus {
  const subscriptions = new Set<RemoteSubscription>();
  const listening = new Set<SignalSubscription>();
  const signals = createSignalHub(logger);
  /** How many subscriptions to signals are bound to each key. */
  const bound = new Map<string, number>();
  const healthListeners = new Set<(health: BusHealth) => void>();
  const halt = new AbortController();
  let health: BusHealth = { state: 'down', reason: 'not connected yet' };
  let link: Link | undefined;
  let hadLink = false;
  let heardAt = 0;
  let running: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let isEnding = false;
  let lastList: 'operations' | 'publishes' = 'publishes';

  const calls = createPendingCalls({
    timeoutMs,
    onLate() {
      // A stream that has died without a word is not noticed in another way.
      if (link !== undefined && performance.now() - heardAt >= timeoutMs + LATE_MS) link.cut();
    },
    reason: () => (link === undefined ? (health.reason ?? 'not connected') : 'the server does not answer'),
    send({ number, publish, operation }) {
      const list = publish === undefined ? 'operations' : 'publishes';
      // Of one request the publishes come first.
      if (list !== lastList) link?.out.flush();
      lastList = list;
      if (publish !== undefined)
        link?.out.add('publishes', { number, ...publish }, bytesOf(publish.envelope));
      else link?.out.add('operations', { number, ...operation });
    },
  });

  function setHealth(next: BusHealth): void {
    if (health.state === next.state && health.reason === next.reason) return;
    health = next;
    for (const listener of [...healthListeners]) {
      try {
        listener(next);
      } catch (err) {
        logger.error({ err }, 'a listener to the health of the queue threw');
      }
    }
  }

  function linkTo(stream: QueueStream, cut: () => void): Link {
    const out = gatherFrames<QueueRequest>((request) => stream.send(request));
    let last = 0;
    return {
      stream,
      out,
      cut,
      nextSubscription: () => ++last,
      acknowledge: (delivery) => out.add('acknowledged', delivery),
      refuse: (refusal) =>
        out.add('refused', refusal, 100 + 3 * (refusal.reason.length + refusal.message.length)),
    };
  }

  /** The server has let this member in: everything that was there before is there again. */
  async function attachAll(opened: Link): Promise<void> {
    link = opened;
    // First the keys: a message that is handed out may be stopped by a signal.
    const binding = [...bound.keys()].map((key) => calls.operateHere({ bind: key }));
    calls.resend();
    for (const subscription of subscriptions) subscription.attach(opened);
    for (const end of await Promise.allSettled(binding))
      if (end.status === 'rejected') logger.warn({ err: end.reason }, 'a signal could not be bound again');
  }

  function detachAll(): void {
    link = undefined;
    calls.detach();
    for (const subscription of subscriptions) subscription.detach();
  }

  function receive(event: QueueEvent): void {
    calls.answered(event);
    for (const delivery of event.deliveries ?? []) {
      for (const subscription of subscriptions) {
        if (subscription.number === delivery.subscription) subscription.deliver(delivery);
      }
    }
    for (const signal of event.signals ?? []) signals.send(signal);
  }

  /** One stream, from its opening to its end. */
  async function connectOnce(open: OpenQueueStream): Promise<void> {
    const cut = new AbortController();
    const stream = await open(AbortSignal.any([halt.signal, cut.signal]));
    try {
      for await (const event of stream.events) {
        if (link === undefined) {
          logger.info({}, "connected to the server's queue");
          hadLink = true;
          // Waits for answers, which come by this very loop.
          void attachAll(linkTo(stream, () => cut.abort()));
        }
        heardAt = performance.now();
        receive(event);
        if (event.health) {
          const { state, reason } = event.health;
          setHealth({ state, ...(reason === '' ? {} : { reason }) });
        }
      }
      throw new ParleyError('unavailable', 'the server ended the stream');
    } catch (error) {
      if (!cut.signal.aborted) throw error;
      throw new ParleyError('unavailable', 'the server does not answer', { cause: error });
    } finally {
      detachAll();
    }
  }

  async function run(open: OpenQueueStream): Promise<void> {
    let failures = 0;
    while (!halt.signal.aborted) {
      const startedAt = performance.now();
      try {
        await connectOnce(open);
      } catch (error) {
        if (isEnding || halt.signal.aborted) break;
        // The member has left: there is no way to the server any more.
        if (error instanceof ParleyError && error.code === 'cancelled') {
          setHealth({ state: 'down', reason: 'the member has left' });
          calls.close();
          return;
        }
        const reason = error instanceof Error ? error.message : String(error);
        // Once for each time that it goes away.
        const isNews = health.state !== 'down' || failures === 0;
        setHealth({ state: 'down', reason });
        logger[isNews ? 'warn' : 'debug']({ reason }, "the server's queue is away, trying again");
      }
      if (performance.now() - startedAt > STABLE_AFTER_MS) failures = 0;
      const pause = fullJitter(RECONNECT, failures);
      failures += 1;
      await sleep(pause, undefined, { signal: halt.signal }).catch(() => 'stopped');
    }
  }

  async function close(): Promise<void> {
    await Promise.all([...subscriptions, ...listening].map((each) => each.close()));
    // Nothing may ever answer a call that was made before there was a stream.
    if (hadLink) await calls.settled();
    calls.close();
    isEnding = true;
    if (link !== undefined) {
      // The last requests still reach the server: it ends the stream when it has read all.
      link.out.flush();
      link.stream.end();
      const patience = new AbortController();
      const late = sleep(FAREWELL_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([running, late]);
      patience.abort();
    }
    halt.abort();
    await running;
    setHealth({ state: 'down', reason: 'it is closed' });
  }

  function refuseWhenClosing(): void {
    if (closing !== undefined) throw unavailable('it is closed');
  }

  function sendable(envelope: Envelope): Envelope {
    if (!isStorable(envelope))
      throw new RangeError('timestamp is a whole number from 0, and type not "batch"');
    const { byteLength } = envelope.body;
    if (byteLength > LIMITS.queueBodyBytes) {
      const most = `a message may have ${LIMITS.queueBodyBytes} bytes`;
      throw new ParleyError('invalid_request', `The body has ${byteLength} bytes; ${most}.`);
    }
    if (bytesOf(envelope) - byteLength > MAX_HEADER_BYTES)
      throw new ParleyError('invalid_request', 'The headers are too long.');
    return envelope;
  }

  async function bind(key: string): Promise<void> {
    bound.set(key, (bound.get(key) ?? 0) + 1);
    await calls.operate({ bind: key });
  }

  async function unbind(key: string): Promise<void> {
    const count = (bound.get(key) ?? 0) - 1;
    if (count > 0) bound.set(key, count);
    else if (bound.delete(key) && link !== undefined) await unlessLost(calls.operateHere({ unbind: key }));
  }

  /** A stream that is lost meanwhile is over with all that was bound. */
  async function unlessLost(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      if (!(error instanceof ParleyError && error.code === 'bus_unavailable')) throw error;
    }
  }

  return {
    kind: 'embedded',
    name: () => 'embedded',
    attach(open) {
      running ??= run(open);
    },

    async declareAgentQueue(agentId) {
      await calls.operate({ declareAgentQueue: agentId });
    },
    async deleteAgentQueue(agentId) {
      await calls.operate({ deleteAgentQueue: agentId });
    },
    async publish(queue, envelope, { followsDelivery = false } = {}) {
      const publish = { queue, channel: '' as const, eventType: '', envelope: sendable(envelope) };
      await calls.publish({ ...publish, followsDelivery });
    },
    async declareChannelQueue(group, bindings) {
      await calls.operate({ declareChannelQueue: { group, bindings: [...bindings] } });
    },
    async deleteChannelQueue(group) {
      await calls.operate({ deleteChannelQueue: group });
    },
    async publishEvent(channel, eventType, envelope) {
      await calls.publish({
        queue: '',
        channel,
        eventType,
        envelope: sendable(envelope),
        followsDelivery: false,
      });
    },

    async consume(queue, handler, { prefetch }) {
      refuseWhenClosing();
      if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > 65_535)
        throw new RangeError('prefetch is a whole number from 1 to 65535');
      const subscription: RemoteSubscription = createRemoteSubscription({
        queue,
        handler,
        prefetch,
        timeoutMs,
        calls,
        onClosed: () => subscriptions.delete(subscription),
        logger,
      });
      subscriptions.add(subscription);
      if (link !== undefined) subscription.attach(link);
      try {
        await subscription.started();
        return subscription;
      } catch (error) {
        await subscription.close({ timeoutMs: 0 });
        throw error;
      }
    },

    signal(signal) {
      if (link === undefined || link.stream.isBehind || closing !== undefined) return;
      if (signal.body.byteLength > LIMITS.queueBodyBytes) {
        logger.warn({ type: signal.type, bytes: signal.body.byteLength }, 'a signal is too large to be sent');
        return;
      }
      link.out.add('signals', signal, 500 + signal.body.byteLength);
    },
    async subscribe(name, listener) {
      refuseWhenClosing();
      const keys = new Set<string>();
      const local = signals.subscribe(name, listener, () => undefined);
      const subscription: SignalSubscription = {
        async bind(key) {
          if (keys.has(key)) return;
          keys.add(key);
          await local.bind(key);
          try {
            await bind(key);
          } catch (error) {
            await subscription.unbind(key);
            throw error;
          }
        },
        async unbind(key) {
          if (!keys.delete(key)) return;
          await local.unbind(key);
          await unbind(key);
        },
        async close() {
          listening.delete(subscription);
          await local.close();
          const left = [...keys];
          keys.clear();
          await Promise.all(left.map(unbind));
        },
      };
      listening.add(subscription);
      return subscription;
    },

    async depths() {
      // The caller wants the present state.
      if (link === undefined) throw unavailable(health.reason ?? 'not connected');
      return [...(await calls.operate({ depths: {} })).depths];
    },
    async purge(queue) {
      return (await calls.operate({ purge: queue })).purged;
    },

    health: () => health,
    onHealth(listener) {
      const own = (next: BusHealth): void => listener(next);
      healthListeners.add(own);
      return () => healthListeners.delete(own);
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
}

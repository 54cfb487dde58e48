import type {
  Push,
  QueueAnswer,
  QueueEvent,
  QueueOperation,
  QueuePublish,
  QueueRequest,
} from '@parley/control-plane';
import {
  type ChannelName,
  LIMITS,
  ParleyError,
  type QueueDepth,
  type QueueName,
  reportOf,
} from '@parley/shared-models';
import type { BusLogger } from '../bus-options.ts';
import {
  type ChannelBinding,
  type Delivery,
  type Envelope,
  type MessageBus,
  Reject,
  type Signal,
  type SignalSubscription,
  type Subscription,
} from '../message-bus.ts';
import { bytesOf, type GatheredFrames, gatherFrames, MAX_HEADER_BYTES } from './gather-frames.ts';

/** A member's rights on the server's queue. */
export interface QueuePermissions {
  publish(queue: string, envelope: Envelope): boolean;
  publishEvent(channel: ChannelName, eventType: string, envelope: Envelope): boolean;
  consume(queue: string, prefetch: number): boolean;
  /** Make the queue if it is not there, with these bindings. */
  declare(queue: string, bindings: readonly ChannelBinding[]): boolean;
  /** Remove the queue, or empty it. */
  remove(queue: string): boolean;
  /** See how much is in the queue. */
  look(queue: string): boolean;
  signal(signal: Signal): boolean;
  listen(key: string): boolean;
}

/** Publishes of one member that are not safe yet. With more, nothing of it is read until some are. */
const UNCONFIRMED = { publishes: 10_000, bytes: 32 * 1024 * 1024 } as const;
/** Operations of one member that are not answered; another one is refused. */
const MAX_OPERATIONS = 1_000;
const MAX_SUBSCRIPTIONS = 20;
/**
 * Counting the messages in the queues takes longer the more there are: for one member it is done again after this time,
 * in milliseconds.
 */
const DEPTHS_MS = 100;
/** Of a message's id, its type and the message that it answers; in UTF-16 code units. */
const MAX_NAME = 200;

/** A delivery that a member has in hand. */
interface Hand {
  readonly subscription: number;
  finish(): void;
  refuse(error: Error): void;
}

type Answer = Omit<QueueAnswer, 'number'>;

/**
 * Serves the bus to one member, by its stream. Resolves when the stream is over and the member's messages in hand are
 * back in its queues.
 */
export async function serveQueue({
  bus,
  requests,
  push,
  gone,
  may,
  name,
  logger,
}: {
  bus: MessageBus;
  requests: AsyncIterable<QueueRequest>;
  push: Push<QueueEvent>;
  /** Given when the stream is over. */
  gone: AbortSignal;
  may: QueuePermissions;
  /** The member, for the log and the names of its subscriptions. */
  name: string;
  logger: BusLogger;
}): Promise<void> {
  const out = gatherFrames<QueueEvent>((event) => void push.send(event));
  const hands = new Map<number, Hand>();
  const subscriptions = new Map<number, Promise<Subscription>>();
  const publishing = createPublishing({ bus, out, may });
  let listening: Promise<SignalSubscription> | undefined;
  let deliveries = 0;

  const deliver =
    (subscription: number) =>
    ({ envelope, redeliveries }: Delivery): Promise<void> => {
      const number = ++deliveries;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      hands.set(number, { subscription, finish: resolve, refuse: reject });
      out.add('deliveries', { number, subscription, redeliveries, envelope }, bytesOf(envelope));
      return promise;
    };

  const take = (delivery: number): Hand | undefined => {
    const hand = hands.get(delivery);
    hands.delete(delivery);
    return hand;
  };

  async function consume({
    subscription,
    queue,
    prefetch,
  }: NonNullable<QueueOperation['consume']>): Promise<void> {
    allow(may.consume(queue, prefetch), `consume ${queue} with a prefetch of ${prefetch}`);
    if (subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new ParleyError('rate_limited', 'Too many subscriptions.');
    if (subscriptions.has(subscription))
      throw new ParleyError('invalid_request', `operations.consume.subscription: ${subscription} is in use`);
    const consuming = bus.consume(queue as QueueName, deliver(subscription), { prefetch });
    subscriptions.set(subscription, consuming);
    try {
      await consuming;
    } catch (error) {
      subscriptions.delete(subscription);
      throw error;
    }
  }

  function subscriptionOf(subscription: number): Promise<Subscription> {
    const found = subscriptions.get(subscription);
    if (found === undefined) throw new ParleyError('not_found', `There is no subscription ${subscription}.`);
    return found;
  }

  function listen(): Promise<SignalSubscription> {
    listening ??= bus.subscribe(`member_signals_${name}`, (signal) => {
      // The signal is lost for a member that is too slow, as it is for one that is not there.
      if (!push.isBehind) out.add('signals', signal, 500 + signal.body.byteLength);
    });
    return listening;
  }

  async function perform(operation: QueueOperation): Promise<Answer> {
    const { declareAgentQueue, declareChannelQueue, deleteAgentQueue, deleteChannelQueue } = operation;
    const { purge, depths, pause, resume, close, bind, unbind } = operation;
    const declare = (queue: string, bindings: readonly ChannelBinding[] = []): void =>
      allow(may.declare(queue, bindings), `declare ${queue} with these bindings`);
    const remove = (queue: string): void => allow(may.remove(queue), `remove or empty ${queue}`);
    if (operation.consume !== undefined) await consume(operation.consume);
    else if (declareAgentQueue !== undefined) {
      declare(`agent_queue_${declareAgentQueue}`);
      await bus.declareAgentQueue(declareAgentQueue);
    } else if (declareChannelQueue !== undefined) {
      const { group, bindings } = declareChannelQueue;
      declare(`channel_queue_${group}`, bindings);
      await bus.declareChannelQueue(group, bindings);
    } else if (deleteAgentQueue !== undefined) {
      remove(`agent_queue_${deleteAgentQueue}`);
      await bus.deleteAgentQueue(deleteAgentQueue);
    } else if (deleteChannelQueue !== undefined) {
      remove(`channel_queue_${deleteChannelQueue}`);
      await bus.deleteChannelQueue(deleteChannelQueue);
    } else if (purge !== undefined) {
      remove(purge);
      return { purged: await bus.purge(purge as QueueName) };
    } else if (depths !== undefined) return { depths: await look() };
    else if (pause !== undefined) await (await subscriptionOf(pause)).pause();
    else if (resume !== undefined) await (await subscriptionOf(resume)).resume();
    else if (close !== undefined) {
      await (await subscriptionOf(close.subscription)).close({ timeoutMs: close.timeoutMs });
      subscriptions.delete(close.subscription);
      // Its unfinished deliveries are back in the queue.
      for (const [number, hand] of hands) if (hand.subscription === close.subscription) hands.delete(number);
    } else if (bind !== undefined) {
      allow(may.listen(bind), `listen to ${bind}`);
      await (await listen()).bind(bind);
    } else if (unbind !== undefined) await (await listen()).unbind(unbind);
    else throw new ParleyError('invalid_request', 'operations: one has no operation');
    return {};
  }

  let lookedAt = Number.NEGATIVE_INFINITY;
  let lastLook: Promise<QueueDepth[]> | undefined;
  async function look(): Promise<QueueDepth[]> {
    const now = performance.now();
    if (lastLook === undefined || now - lookedAt > DEPTHS_MS) {
      lookedAt = now;
      lastLook = bus.depths();
    }
    return (await lastLook).filter(({ name: queue }) => may.look(queue));
  }

  let unanswered = 0;
  async function answer(operation: QueueOperation): Promise<void> {
    const { number } = operation;
    unanswered += 1;
    try {
      if (unanswered > MAX_OPERATIONS) throw new ParleyError('rate_limited', 'Too many operations at once.');
      out.add('answers', { number, ...(await perform(operation)) });
    } catch (error) {
      out.add('answers', { number, ...failure(error) });
    }
    unanswered -= 1;
  }

  const tellHealth = (): void => {
    out.flush();
    const { state, reason = '' } = bus.health();
    push.send({ health: { state, reason } });
  };
  tellHealth();
  const stopWatching = bus.onHealth(tellHealth);
  try {
    for await (const request of requests) {
      for (const delivery of request.acknowledged ?? []) take(delivery)?.finish();
      for (const { delivery, isRejected, reason, message } of request.refused ?? [])
        take(delivery)?.refuse(isRejected ? new Reject(reason, message) : new Error(message));
      for (const publish of request.publishes ?? []) void publishing.publish(publish);
      for (const signal of request.signals ?? []) if (may.signal(signal)) bus.signal(signal);
      // Never reject: an error is part of the answer.
      for (const operation of request.operations ?? []) void answer(operation);
      await publishing.room(gone);
    }
    // The member sends no more, and still hears the outcome of its messages.
    await publishing.settled(gone);
    out.flush();
  } finally {
    stopWatching();
    // Its deliveries in hand go back at once; its handlers' promises are left to themselves.
    hands.clear();
    const open = [...subscriptions.values(), ...(listening === undefined ? [] : [listening])];
    const ends = open.map(async (each) => (await each).close({ timeoutMs: 0 }));
    for (const end of await Promise.allSettled(ends))
      if (end.status === 'rejected')
        logger.debug({ err: end.reason, name }, 'a subscription had ended before its member');
  }
}

/** Publishes a member's messages and tells it the outcome of each. */
function createPublishing({
  bus,
  out,
  may,
}: {
  bus: MessageBus;
  out: GatheredFrames<QueueEvent>;
  may: QueuePermissions;
}) {
  const unconfirmed = { publishes: 0, bytes: 0 };
  let look = (): void => {};

  const isFull = (): boolean =>
    unconfirmed.publishes >= UNCONFIRMED.publishes || unconfirmed.bytes >= UNCONFIRMED.bytes;

  /** Resolves when it is so, or the stream is over. */
  async function until(isSo: () => boolean, gone: AbortSignal): Promise<void> {
    if (isSo() || gone.aborted) return;
    await new Promise<void>((resolve) => {
      look = () => {
        if (isSo()) resolve();
      };
      gone.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async function perform({
    queue,
    channel,
    eventType,
    envelope,
    followsDelivery,
  }: QueuePublish): Promise<void> {
    refuseLarge(envelope);
    if (queue !== '') {
      allow(may.publish(queue, envelope), `publish this to ${queue}`);
      await bus.publish(queue as QueueName, envelope, { followsDelivery });
    } else if (channel !== '' && eventType !== '') {
      allow(may.publishEvent(channel, eventType, envelope), 'publish this event');
      await bus.publishEvent(channel, eventType, envelope);
    } else throw new ParleyError('invalid_request', 'publishes: one names neither a queue nor a channel');
  }

  async function publish(given: QueuePublish): Promise<void> {
    const { number, envelope } = given;
    unconfirmed.publishes += 1;
    const bytes = bytesOf(envelope);
    unconfirmed.bytes += bytes;
    try {
      await perform(given);
      out.add('confirmed', number);
    } catch (error) {
      out.add('answers', { number, ...failure(error) });
    }
    unconfirmed.publishes -= 1;
    unconfirmed.bytes -= bytes;
    look();
  }

  return {
    /** In the order of the calls. Never rejects: an error is told by its number. */
    publish,
    /** Resolves when more may be published. */
    room: (gone: AbortSignal) => until(() => !isFull(), gone),
    /** Resolves when nothing is on its way any more. */
    settled: (gone: AbortSignal) => until(() => unconfirmed.publishes === 0, gone),
  };
}

function allow(isAllowed: boolean, what: string): void {
  if (!isAllowed) throw new ParleyError('forbidden', `This member may not ${what}.`);
}

/** Here, and not when the request is parsed: of several messages only this one is refused. */
function refuseLarge(envelope: Envelope): void {
  const { messageId, correlationId = '', type, body } = envelope;
  const isNamed = messageId !== '' && type !== '';
  if (!isNamed || messageId.length > MAX_NAME || type.length > MAX_NAME || correlationId.length > MAX_NAME) {
    const bounds = `1 to ${MAX_NAME} characters`;
    throw new ParleyError(
      'invalid_request',
      `message_id and type must have ${bounds}, correlation_id at most that.`,
    );
  }
  if (body.byteLength > LIMITS.queueBodyBytes)
    throw new ParleyError('invalid_request', `The body may have ${LIMITS.queueBodyBytes} bytes.`);
  if (bytesOf(envelope) - body.byteLength > MAX_HEADER_BYTES)
    throw new ParleyError('invalid_request', 'The headers are too long.');
}

function failure(error: unknown): Answer {
  const { code, message } = reportOf(error);
  return { errorCode: code, errorMessage: message };
}

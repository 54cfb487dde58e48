import type { DuplexStream, QueueEvent, QueueRequest } from '@parley/control-plane';
import type { ChannelName, QueueDepth, QueueName } from '@parley/shared-models';

/** A message on its way, as AMQP has it. The body is bytes: only code that needs its content parses it. */
export interface Envelope {
  /** Unique over all messages; the idempotency key downstream. */
  readonly messageId: string;
  /** The message that this one answers. */
  readonly correlationId?: string;
  /** Which body to expect, see `QueueMessageType`. */
  readonly type: string;
  /** When it was made, in Unix milliseconds. */
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** UTF-8 JSON. */
  readonly body: Uint8Array;
}

/** One handing out of a message to one consumer. */
export interface Delivery {
  readonly envelope: Envelope;
  readonly queue: string;
  /** How often it was handed out before without being finished; 0 the first time. */
  readonly redeliveries: number;
}

/**
 * The promise settles the delivery. Resolved: acknowledged. Rejected with `Reject`: to the dead letters.
 * Rejected with anything else: requeued, and handed out again until the queue's delivery limit, then dead-lettered.
 */
export type Handler = (delivery: Delivery) => Promise<void>;

/** Thrown by a handler: this message can never be handled, so put it among the dead letters with this reason. */
export class Reject extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Reject';
    this.reason = reason;
  }
}

export interface ConsumeOptions {
  /** Deliveries in hand at most. */
  readonly prefetch: number;
  /**
   * Hands out a message only once no power cut can undo the publish that it goes back to, that is the first one, made without
   * `followsDelivery`. For a consumer that writes the results of a message elsewhere. @default false
   */
  readonly onlyDurable?: boolean;
}

export interface Subscription {
  /** Takes no more messages; those in hand can be finished. Resolves when no further message will be delivered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Stops taking, waits for the messages in hand up to `timeoutMs`, then returns the rest to the queue. Idempotent; at
   * the server's own queue a second call can shorten the wait. @default 10_000
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
  /** Deliveries in hand now. */
  readonly inHand: number;
}

/** A message that is lost when nobody listens: a piece of an answer being written, a typing mark. */
export interface Signal {
  readonly type: string;
  readonly key: string;
  readonly body: Uint8Array;
}

export interface SignalSubscription {
  /** From its resolution on, signals with this key arrive. */
  bind(key: string): Promise<void>;
  unbind(key: string): Promise<void>;
  close(): Promise<void>;
}

export interface BusHealth {
  /** `blocked`: the broker asks publishers to wait (memory or disk alarm); publishes wait. */
  readonly state: 'up' | 'down' | 'blocked';
  readonly reason?: string;
}

export interface QueueOptions {
  /** Only one consumer gets messages at a time, the others stand by. @default false */
  readonly singleActiveConsumer?: boolean;
}

export interface PublishOptions {
  /**
   * The message follows from a delivery of this bus that is acknowledged only after the publish has resolved. A power cut may
   * then undo the publish, but only together with the acknowledgement: the delivery comes again. @default false
   */
  readonly followsDelivery?: boolean;
}

/** Events of one channel that a group wants. */
export interface ChannelBinding {
  readonly channel: ChannelName;
  /** An event type, or `*` for all of the channel. */
  readonly type: string;
}

/** A stream to the server's queue, of a member that is registered. */
export type QueueStream = DuplexStream<QueueRequest, QueueEvent>;

/** Opens a stream, once the member is registered. @throws ParleyError, also when the signal is given */
export type OpenQueueStream = (signal: AbortSignal) => Promise<QueueStream>;

/** Durable queues and fleeting signals. Three drivers, one conformance suite; nothing above knows which is underneath. */
export interface MessageBus {
  readonly kind: 'rabbitmq' | 'embedded';
  /**
   * Which queue this is, for two processes that want to know whether they share it: `embedded` is the server's own,
   * `rabbitmq:<cluster>/<vhost>` that vhost, `rabbitmq` one that has not been reached yet.
   */
  name(): string;
  /**
   * Only a bus that is reached through the server: from now on it opens its streams so, again and again. Until then it is down.
   */
  attach?(open: OpenQueueStream): void;

  /** Makes the agent's queue if it is not there. Idempotent. */
  declareAgentQueue(agentId: string): Promise<void>;
  /** Removes the agent's queue and all in it. Idempotent. */
  deleteAgentQueue(agentId: string): Promise<void>;

  /**
   * Resolves when the queue holds the message: it outlives every process, and without `followsDelivery` also a power cut. It
   * may be handed out before.
   * Publishes of one bus to one queue keep their order.
   * While the connection is away or blocked it waits, at most `publishTimeoutMs`.
   * @throws ParleyError `bus_unavailable` after that time; whether the message got through is then unknown,
   *   so publish it again with the same `messageId`.
   * @throws ParleyError `queue_missing` when there is no such queue.
   */
  publish(queue: QueueName, envelope: Envelope, options?: PublishOptions): Promise<void>;

  /**
   * Hands out the queue's messages to `handler`, oldest first, up to `prefetch` at once. Survives lost connections: it
   * consumes again by itself, and the messages in hand are handed out again.
   */
  consume(queue: QueueName, handler: Handler, options: ConsumeOptions): Promise<Subscription>;

  /**
   * Makes the durable queue `channel_queue_<group>` if it is not there, and lets the events of these bindings flow into
   * it from now on, whether or not anybody consumes. Idempotent; bindings are only added.
   */
  declareChannelQueue(group: string, bindings: readonly ChannelBinding[]): Promise<void>;
  /** Removes the group's queue, its bindings and all in it. Idempotent. */
  deleteChannelQueue(group: string): Promise<void>;
  /**
   * Resolves when every queue that is bound to events of this type holds the event durably; nobody may be bound.
   * Events of one bus keep their order in each queue. The envelope is as for `publish`.
   * @throws ParleyError `bus_unavailable` as `publish`
   */
  publishEvent(channel: ChannelName, eventType: string, envelope: Envelope): Promise<void>;

  /** Fleeting: reaches the subscribers that are bound to the key now. Never waits for a lost connection. */
  signal(signal: Signal): void;
  /** `name` is the queue's name in RabbitMQ, such as `server_fanout_<serverId>`. */
  subscribe(name: string, listener: (signal: Signal) => void): Promise<SignalSubscription>;

  /** The protocol's queues and all agents' queues. */
  depths(): Promise<QueueDepth[]>;
  /** Removes the waiting messages of the queue (not those in hand) and returns their number. */
  purge(queue: QueueName): Promise<number>;

  health(): BusHealth;
  /** Calls the listener with every change; the returned function ends that. */
  onHealth(listener: (health: BusHealth) => void): () => void;

  /** Ends all subscriptions, waits for publishes under way, closes. Idempotent. */
  close(): Promise<void>;
}

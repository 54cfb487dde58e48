import { AgentId, ChannelName, EventType, QueueDepth, readQueueHeaders } from '@parley/shared-models';
import { z } from 'zod';
import { Caller, duplex, EXAMPLE_CALLER, type Wire } from './contract.ts';
import { PeerId } from './registration.ts';

/** A message on its way, as the message bus has it. */
export interface QueueEnvelope {
  readonly messageId: string;
  readonly correlationId?: string;
  readonly type: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

/** To a queue; or, where that is empty, an event of this type to a channel. */
export interface QueuePublish {
  readonly number: number;
  readonly queue: string;
  readonly channel: ChannelName | '';
  readonly eventType: string;
  readonly envelope: QueueEnvelope;
  readonly followsDelivery: boolean;
}

export interface QueueRefusal {
  readonly delivery: number;
  readonly isRejected: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface QueueSignal {
  readonly type: string;
  readonly key: string;
  readonly body: Uint8Array;
}

/** A member's requests to the queue; the first one names the member and nothing else. */
export interface QueueRequest {
  readonly agentId?: string | undefined;
  readonly incarnation?: number | undefined;
  readonly brokerId?: string | undefined;
  readonly acknowledged?: readonly number[];
  readonly refused?: readonly QueueRefusal[];
  readonly publishes?: readonly QueuePublish[];
  readonly signals?: readonly QueueSignal[];
  readonly operations?: readonly QueueOperation[];
}

export interface QueueDelivery {
  readonly number: number;
  readonly subscription: number;
  readonly redeliveries: number;
  readonly envelope: QueueEnvelope;
}

/** To an operation, or to a publish that failed. */
export interface QueueAnswer {
  readonly number: number;
  /** Empty: done. */
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly purged?: number;
  readonly depths?: readonly QueueDepth[];
}

/** The queue's events for a member. */
export interface QueueEvent {
  readonly confirmed?: readonly number[];
  readonly deliveries?: readonly QueueDelivery[];
  readonly signals?: readonly QueueSignal[];
  readonly answers?: readonly QueueAnswer[];
  readonly health?: { readonly state: 'up' | 'down' | 'blocked'; readonly reason: string } | null | undefined;
}

/** In one request or event at most: further items go with the next one. */
const ITEMS = 10_000;
const list = <T>(item: z.ZodType<T>) => z.array(item).max(ITEMS);

const Count = z.number().int().nonnegative();
const Name = z.string().min(1).max(200);
const Text = z.string().max(10_000);
const Bytes = z.instanceof(Uint8Array);

/** How long they may be is said of each message by itself: see libs/messaging/src/remote/serve-queue.ts. */
const Headers = z.string().transform((text, context): QueueEnvelope['headers'] => {
  const headers = readQueueHeaders(text);
  if (headers !== undefined) return headers;
  const message = 'must be a JSON object whose values are strings and numbers';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const Envelope: z.ZodType<QueueEnvelope> = z
  .object({
    messageId: z.string(),
    correlationId: z.string(),
    type: z.string(),
    timestamp: Count,
    headers: Headers,
    body: Bytes,
  })
  .transform(({ correlationId, ...envelope }) =>
    correlationId === '' ? envelope : { ...envelope, correlationId },
  );

const encodeEnvelopes = <T extends { readonly envelope: QueueEnvelope }>(
  items: readonly T[] | undefined,
): object[] | undefined =>
  items?.map(({ envelope, ...item }) => ({
    ...item,
    envelope: { ...envelope, headers: JSON.stringify(envelope.headers) },
  }));

const Signal = z.object({ type: Name, key: Name, body: Bytes });

const Publish = z.object({
  number: Count,
  queue: z.string().max(200),
  channel: z.union([z.literal(''), ChannelName]),
  eventType: z.union([z.literal(''), EventType]),
  envelope: Envelope,
  followsDelivery: z.boolean(),
});

const Refusal = z.object({ delivery: Count, isRejected: z.boolean(), reason: Text, message: Text });

const Binding = z.object({ channel: ChannelName, type: z.union([z.literal('*'), EventType]) });

/** Each has one of these. */
const Operation = z.object({
  number: Count,
  declareAgentQueue: AgentId.optional(),
  deleteAgentQueue: AgentId.optional(),
  declareChannelQueue: z.object({ group: AgentId, bindings: list(Binding) }).optional(),
  deleteChannelQueue: AgentId.optional(),
  purge: Name.optional(),
  depths: z.object({}).optional(),
  consume: z
    .object({ subscription: Count, queue: Name, prefetch: z.number().int().min(1).max(65_535) })
    .optional(),
  pause: Count.optional(),
  resume: Count.optional(),
  close: z.object({ subscription: Count, timeoutMs: Count.max(3_600_000) }).optional(),
  bind: Name.optional(),
  unbind: Name.optional(),
});
export type QueueOperation = z.infer<typeof Operation>;

/** A field that is not set has its default on the wire. */
const unset = <T, Unset>(unsetValue: Unset & z.core.util.Literal, schema: z.ZodType<T>) =>
  z.union([z.literal(unsetValue).transform(() => undefined), schema]).optional();

const Request: z.ZodType<QueueRequest> = z.object({
  agentId: unset('', AgentId),
  incarnation: unset(0, Caller.incarnation),
  brokerId: unset('', PeerId),
  acknowledged: list(Count),
  refused: list(Refusal),
  publishes: list(Publish),
  signals: list(Signal),
  operations: list(Operation),
});

const Event: z.ZodType<QueueEvent> = z.object({
  confirmed: z.array(Count),
  deliveries: z.array(
    z.object({ number: Count, subscription: Count, redeliveries: Count, envelope: Envelope }),
  ),
  signals: z.array(Signal),
  answers: z.array(
    z.object({
      number: Count,
      errorCode: z.string(),
      errorMessage: z.string(),
      purged: Count,
      depths: z.array(QueueDepth),
    }),
  ),
  health: z.object({ state: z.enum(['up', 'down', 'blocked']), reason: z.string() }).nullish(),
});

const requests: Wire<QueueRequest> = {
  schema: Request,
  encode: ({ publishes, ...request }) => ({ ...request, publishes: encodeEnvelopes(publishes) }),
};
const events: Wire<QueueEvent> = {
  schema: Event,
  encode: ({ deliveries, ...event }) => ({ ...event, deliveries: encodeEnvelopes(deliveries) }),
};

export const queue = {
  /** The server's own queue, for a member that runs as a process of its own. */
  connectQueue: duplex({
    service: 'QueueService',
    rpc: 'ConnectQueue',
    caller: 'member',
    request: requests,
    event: events,
    example: { request: EXAMPLE_CALLER, event: { health: { state: 'up', reason: '' } } },
  }),
};

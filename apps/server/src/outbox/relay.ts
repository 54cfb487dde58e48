import { type Envelope, eventEnvelope, type MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { OutboxEntry } from '@parley/requests';
import {
  appendHop,
  BROKER_INPUT_QUEUE,
  encodeSessionHint,
  encodeTarget,
  formatHops,
  HEADERS,
  originOf,
  traceparentOf,
} from '@parley/shared-models';
import type { LoggedEvent, Store } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { createBatch } from '../batch.ts';

/** Publishes stored entries: at once when they are stored, again when that failed. */
interface Relay<Entry> {
  /** Publishes the entry; failures are taken up by the next sweep. */
  send(entry: Entry): void;
  /** Resolves when there is room for one more on its way: a full relay delays the sender's `ack` and does not use memory. */
  room(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** One kind of entry that the store keeps until it is published. */
interface Outbox<Entry> {
  /** For the log: `messages`. */
  readonly name: string;
  idOf(entry: Entry): string;
  publish(entry: Entry): Promise<void>;
  /** The queue holds the entry. */
  onPublished(entry: Entry): void;
  take(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<Entry[]>;
}

const SWEEP_MS = 2000;
const SWEEP_PAGE = 500;
const LEASE_MS = 30_000;
/** Older entries were not published by the server that stored them: longer than a publish may take. */
const STALE_MS = 35_000;
/** After a failure here nobody waits that long; an entry taken too early is published twice and dropped downstream. */
const FAILED_MS = 5000;
const MAX_IN_FLIGHT = 2000;

function createRelay<Entry>(
  outbox: Outbox<Entry>,
  { bus, logger }: { bus: MessageBus; logger: Logger },
): Relay<Entry> {
  let inFlight = 0;
  // Room is given in the order of the calls: messages of one sender must not overtake each other.
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let wake: (() => void) | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let isFirstSweep = true;
  let failedAt = Number.NEGATIVE_INFINITY;
  const publishing = new Set<Promise<void>>();

  const publish = async (entry: Entry): Promise<void> => {
    inFlight += 1;
    try {
      await outbox.publish(entry);
      outbox.onPublished(entry);
    } catch (err) {
      failedAt = performance.now();
      logger.warn({ err, id: outbox.idOf(entry) }, `some ${outbox.name} could not be published yet`);
    } finally {
      inFlight -= 1;
      wake?.();
    }
  };

  const hasRoom = (): boolean => inFlight < MAX_IN_FLIGHT || isStopped;
  const untilRoom = async (): Promise<void> => {
    while (!hasRoom())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    waiting -= 1;
  };

  const send = (entry: Entry): void => {
    const promise = publish(entry).finally(() => publishing.delete(promise));
    publishing.add(promise);
  };

  /** Entries of an earlier run of this server are taken up at once. */
  const sweepAgeMs = (): number => {
    if (isFirstSweep) return 0;
    return performance.now() - failedAt < STALE_MS ? FAILED_MS : STALE_MS;
  };

  const sweep = async (): Promise<void> => {
    if (bus.health().state !== 'up') return;
    const olderThanMs = sweepAgeMs();
    isFirstSweep = false;
    for (;;) {
      const entries = await outbox.take({ limit: SWEEP_PAGE, olderThanMs, leaseMs: LEASE_MS });
      if (entries.length === 0) return;
      logger.info({ count: entries.length }, `publishing ${outbox.name} that were stored before`);
      for (const entry of entries) send(entry);
      await Promise.all(publishing);
      if (isStopped) return;
    }
  };

  const runSweep = (): void => {
    sweeping = sweep()
      .catch((err: unknown) => {
        failedAt = performance.now();
        logger.warn({ err }, `the outbox of ${outbox.name} could not be read`);
      })
      .finally(() => {
        if (!isStopped) timer = setTimeout(runSweep, SWEEP_MS);
      });
  };

  return {
    send,
    room() {
      if (waiting === 0 && hasRoom()) return Promise.resolve();
      waiting += 1;
      queue = queue.then(untilRoom);
      return queue;
    },
    start: runSweep,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      wake?.();
      await sweeping;
      await Promise.all(publishing);
    },
  };
}

/** Brings submitted messages to `broker_input_queue`. */
export interface OutboxRelay extends Relay<OutboxEntry> {
  /** The request was routed, or has ended: its row says so, and need not be marked as published. */
  settled(requestId: string): void;
  /** Marks now, in the store, the entries that the queue is known to hold. */
  mark(): Promise<void>;
}

/**
 * A decision comes within moments, and takes the request out of the outbox by itself. Only a request without a
 * decision after this long, in milliseconds, is marked: most requests need no write for it.
 */
const MARK_AFTER_MS = 1000;

export function createOutboxRelay(options: {
  store: Store;
  bus: MessageBus;
  logger: Logger;
  /** The list of agents at this server: no newer one was known when the message was sent. */
  agents: Pick<AgentRegistry, 'revision'>;
}): OutboxRelay {
  const { store, bus, agents, logger } = options;
  /** Confirmed by the queue and not marked; the oldest first. */
  const confirmed = new Map<string, { readonly attempt: number; readonly at: number }>();
  let timer: NodeJS.Timeout | undefined;
  let marking: Promise<void> = Promise.resolve();

  const markBefore = async (until: number): Promise<void> => {
    const due = [...confirmed].filter(([, { at }]) => at <= until);
    if (due.length === 0) return;
    for (const [messageId] of due) confirmed.delete(messageId);
    await store.markPublished(due.map(([messageId, { attempt }]) => ({ messageId, attempt })));
  };
  const watch = (): void => {
    if (timer === undefined && confirmed.size > 0) timer = setTimeout(look, MARK_AFTER_MS);
  };
  const markOrWarn = (until: number): Promise<void> =>
    markBefore(until).catch((err: unknown) => {
      // They are published again by a later sweep; the duplicates are dropped downstream.
      logger.warn({ err }, 'published messages could not be marked so');
    });
  const look = (): void => {
    timer = undefined;
    marking = markOrWarn(performance.now() - MARK_AFTER_MS).then(watch);
  };

  const relay = createRelay<OutboxEntry>(
    {
      name: 'messages',
      idOf: (entry) => entry.message.id,
      publish: (entry) => bus.publish(BROKER_INPUT_QUEUE, chatEnvelope(entry, agents.revision)),
      onPublished({ message, attempt }) {
        confirmed.set(message.id, { attempt, at: performance.now() });
        watch();
      },
      take: (taking) => store.takeOutbox(taking),
    },
    options,
  );
  return {
    ...relay,
    settled: (requestId) => void confirmed.delete(requestId),
    mark: () => markBefore(Number.POSITIVE_INFINITY),
    async stop() {
      await relay.stop();
      await marking;
      clearTimeout(timer);
      await markOrWarn(Number.POSITIVE_INFINITY);
    },
  };
}

/**
 * A stored message as it goes to the broker. The target stands in the headers: the broker need not parse the body.
 * @param agentsRevision the oldest revision of the list of agents that the broker may decide by. @default any
 */
export function chatEnvelope(
  { message, target, session, attempt, hops = [] }: OutboxEntry,
  agentsRevision?: string,
): Envelope {
  return {
    messageId: message.id,
    correlationId: message.id,
    type: 'chat.message',
    timestamp: Date.now(),
    headers: {
      [HEADERS.conversation]: message.conversationId,
      [HEADERS.sender]: `${message.sender.kind}:${message.sender.id}`,
      [HEADERS.attempt]: attempt,
      [HEADERS.hops]: appendHop(formatHops(hops), 'server'),
      // An agent's question belongs to the trace of the message that caused it.
      [HEADERS.traceparent]: traceparentOf(originOf(message).chain[0]?.requestId ?? message.id),
      ...(agentsRevision === undefined ? {} : { [HEADERS.agentsRevision]: agentsRevision }),
      ...(target === undefined ? {} : { [HEADERS.target]: encodeTarget(target) }),
      ...(session === undefined ? {} : { [HEADERS.session]: encodeSessionHint(session) }),
    },
    body: Buffer.from(JSON.stringify(message)),
  };
}

/** Brings events that clients published to their channel. */
export type EventRelay = Relay<LoggedEvent>;

export function createEventRelay(options: { store: Store; bus: MessageBus; logger: Logger }): EventRelay {
  const { store, bus, logger } = options;
  const published = createBatch<string>(
    (ids) => store.events.markPublished(ids),
    // They are published again by a later sweep; the duplicates are dropped downstream.
    (err, ids) => logger.warn({ err, count: ids.length }, 'published events could not be marked so'),
  );
  const relay = createRelay<LoggedEvent>(
    {
      name: 'events',
      idOf: ({ event }) => event.id,
      publish: ({ channel, event }) => bus.publishEvent(channel, event.type, eventEnvelope(channel, event)),
      onPublished: ({ event }) => published.add(event.id),
      take: (options) => store.events.takeUnpublished(options),
    },
    options,
  );
  return {
    ...relay,
    async stop() {
      await relay.stop();
      await published.settled();
    },
  };
}

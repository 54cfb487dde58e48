import type { Envelope, MessageBus } from '@parley/messaging';
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
import type { Store } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { createRelay, type Relay } from '../outbox/relay.ts';

/** Brings submitted messages to `broker_input_queue`. */
export interface OutboxRelay extends Relay<OutboxEntry> {
  /** The request was routed, or has ended: its row says so, and need not be marked as published. */
  settled(requestId: string): void;
  /** Marks now, in the store, what the queue is known to hold. */
  mark(): Promise<void>;
}

/**
 * A decision comes within moments, and takes the request out of the outbox by itself. Only what has none after this long is
 * marked, in milliseconds: so most requests are not written for it.
 */
const MARK_AFTER_MS = 1000;

export function createOutboxRelay(options: {
  store: Store;
  bus: MessageBus;
  logger: Logger;
  /** What this server knows of the agents: no more than that was known when the message was sent. */
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
 * @param agentsRevision what the broker has to know of the agents at least. @default whatever it knows
 */
function chatEnvelope(
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
      // What an agent asks belongs to the trace of the message that made it ask.
      [HEADERS.traceparent]: traceparentOf(originOf(message).chain[0]?.requestId ?? message.id),
      ...(agentsRevision === undefined ? {} : { [HEADERS.agentsRevision]: agentsRevision }),
      ...(target === undefined ? {} : { [HEADERS.target]: encodeTarget(target) }),
      ...(session === undefined ? {} : { [HEADERS.session]: encodeSessionHint(session) }),
    },
    body: Buffer.from(JSON.stringify(message)),
  };
}

import { eventEnvelope, type MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { LoggedEvent, Store } from '@parley/store';
import { createBatch } from '../batch.ts';
import { createRelay, type Relay } from '../outbox/relay.ts';

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

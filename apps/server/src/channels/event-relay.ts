import { eventEnvelope, type MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { LoggedEvent, Store } from '@parley/store';
import { createRelay, type Relay } from '../outbox/relay.ts';

/** Brings events that clients published to their channel. */
export type EventRelay = Relay<LoggedEvent>;

export function createEventRelay(options: { store: Store; bus: MessageBus; logger: Logger }): EventRelay {
  const { store, bus } = options;
  return createRelay(
    {
      name: 'events',
      idOf: ({ event }) => event.id,
      publish: ({ channel, event }) => bus.publishEvent(channel, event.type, eventEnvelope(channel, event)),
      markPublished: (events) => store.events.markPublished(events.map(({ event }) => event.id)),
      take: (options) => store.events.takeUnpublished(options),
    },
    options,
  );
}

import { type Delivery, eventOf } from '@parley/messaging';
import type { ServerServices } from '../server-services.ts';
import { ownerOfEvent } from './event-owner.ts';

/** No agent's group: those begin with a letter or a digit. */
export const SERVER_GROUP = '_server';

const REMEMBERED = 10_000;

/** Handles the servers' own subscription to all channels: puts each event into the log and shows it to who follows. */
export function createChannelLogHandler({
  store,
  channels,
}: Pick<ServerServices, 'store' | 'channels'>): (delivery: Delivery) => Promise<void> {
  const shown = new Set<string>();
  return async ({ envelope }) => {
    const { channel, event } = eventOf(envelope);
    // Handed out again, or published twice: whoever follows has seen it.
    if (shown.has(event.id)) return;
    const ownerId = await ownerOfEvent(event, store);
    const { logged } = await store.events.append({ channel, event, ownerId });
    if (shown.has(event.id)) return;
    shown.add(event.id);
    if (shown.size > REMEMBERED) shown.delete(String(shown.values().next().value));
    await channels.deliver(logged);
  };
}

import { type Delivery, eventOf, Reject } from '@parley/messaging';
import type { PublishedEvent } from '@parley/shared-models';
import { createProfileLookup } from '../agents/profile-lookup.ts';
import type { ServerServices } from '../server-services.ts';
import { ownerOfEvent } from './event-owner.ts';

/** No agent's group: those begin with a letter or a digit. */
export const SERVER_GROUP = '_server';

const REMEMBERED = 10_000;

/** Handles the servers' own subscription to all channels: puts each event into the log and shows it to the followers. */
export function createChannelLogHandler({
  agents,
  store,
  channels,
}: Pick<ServerServices, 'agents' | 'store' | 'channels'>): (delivery: Delivery) => Promise<void> {
  const profileOf = createProfileLookup({ agents, store });

  /**
   * Every writer to the channels can claim any source. Events of people were logged by a server before they come
   * here; all others are from agents, under the name of their registration.
   * @throws Reject `malformed_message` when it claims to be from somebody else
   */
  const withOwnSource = async (event: PublishedEvent): Promise<PublishedEvent> => {
    const { kind, id } = event.source;
    if (kind === 'agent') {
      const name = (await profileOf(id))?.name ?? id;
      return { ...event, source: { kind, id, name } };
    }
    const logged = await store.events.get(event.id);
    if (logged !== undefined) return logged.event;
    throw new Reject('malformed_message', `no server has taken this event from ${kind} ${id}`);
  };

  const shown = new Set<string>();
  return async ({ envelope }) => {
    const { channel, event: claimed } = eventOf(envelope);
    // Handed out again, or published twice: the followers have seen it.
    if (shown.has(claimed.id)) return;
    const event = await withOwnSource(claimed);
    const ownerId = await ownerOfEvent(event, store);
    const { logged } = await store.events.append({ channel, event, ownerId });
    if (shown.has(event.id)) return;
    shown.add(event.id);
    if (shown.size > REMEMBERED) shown.delete(String(shown.values().next().value));
    await channels.deliver(logged);
  };
}

import { isAllowed, type PublishedEvent, type User } from '@parley/shared-models';
import type { Store } from '@parley/store';

/** The person with whom it began: the publisher of the event, or of the event or message that it follows from. */
export async function ownerOfEvent(event: PublishedEvent, store: Store): Promise<string | undefined> {
  if (event.source.kind === 'user') return event.source.id;
  const { correlationId } = event;
  if (correlationId === undefined) return undefined;
  const message = await store.getMessage(correlationId);
  if (message !== undefined) return message.ownerId;
  const related = await store.events.list({ correlationId, limit: 100 });
  return related.find(({ ownerId }) => ownerId !== undefined)?.ownerId;
}

/** The events that the user may read: operators all, others those that they began themselves. */
export function mayRead(user: User): { readonly ownerId?: string } {
  return isAllowed(user, 'channels.agents') ? {} : { ownerId: user.id };
}

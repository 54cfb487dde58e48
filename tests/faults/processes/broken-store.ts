import { newId } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { FaultSettings } from './fault-settings.ts';

/** The store without the mechanism that the settings name. */
export function brokenStore(store: Store, { broken }: FaultSettings): Store {
  if (broken === 'no-dedupe') {
    return {
      ...store,
      apply: (event) =>
        store.apply(event.type === 'replied' ? { ...event, reply: { ...event.reply, id: newId() } } : event),
    };
  }
  if (broken === 'no-outbox') {
    return {
      ...store,
      async apply(event) {
        const result = await store.apply(event);
        if (event.type === 'submitted')
          await store.markPublished([{ messageId: event.message.id, attempt: 0 }]);
        return result;
      },
    };
  }
  return store;
}

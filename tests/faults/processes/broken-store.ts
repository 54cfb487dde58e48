import { newId } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { FaultSettings } from './fault-settings.ts';

/** The store without the mechanism that the settings name. */
export function brokenStore(store: Store, { broken }: FaultSettings): Store {
  if (broken === 'no-dedupe') {
    return {
      ...store,
      storeReply: (input) => store.storeReply({ ...input, reply: { ...input.reply, id: newId() } }),
    };
  }
  if (broken === 'no-outbox') {
    return {
      ...store,
      async accept(input) {
        const accepted = await store.accept(input);
        await store.markPublished([{ messageId: input.message.id, attempt: 0 }]);
        return accepted;
      },
    };
  }
  return store;
}

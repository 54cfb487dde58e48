import { once } from 'node:events';
import { newId } from '@parley/shared-models';
import { openStore } from '../open-store.ts';
import { aMessage } from './samples.ts';

/** What this process tells over IPC, after the store has resolved. */
export type Report =
  | { readonly accepted: string; readonly seq: number; readonly conversationId: string }
  | { readonly published: string };

/** Entry of the process that `crashes.ts` kills: accepts and publishes without end. */
const store = await openStore(JSON.parse(process.argv[2] ?? ''));
const conversationIds = Array.from({ length: 5 }, () => newId());
const report = (message: Report): void => {
  process.send?.(message);
};
const goOn = async (lane: number): Promise<void> => {
  for (let count = 0; process.connected; count++) {
    const message = aMessage({ conversationId: conversationIds[count % 5] ?? '', text: `${lane} ${count}` });
    const { message: stored } = await store.accept({ message, ownerId: 'ada' });
    report({ accepted: stored.id, seq: stored.seq, conversationId: stored.conversationId });
    if (count % 3 !== 0) continue;
    // Said before, so that whoever is told of no mark may rely on there being none.
    report({ published: stored.id });
    await store.markPublished([{ messageId: stored.id, attempt: 0 }]);
  }
};
await Promise.race([
  once(process, 'disconnect'),
  Promise.all(Array.from({ length: 32 }, (_, lane) => goOn(lane))),
]);
await store.close();

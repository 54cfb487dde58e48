import { once } from 'node:events';
import { newId } from '@parley/shared-models';
import { openStore } from '../src/open-store.ts';
import { submitted } from './samples.ts';

/** A report of this process over IPC, after the store has resolved. */
export type Report =
  | { readonly submitted: string; readonly seq: number; readonly conversationId: string }
  | { readonly published: string };

/** Entry of the process that `crashes.ts` kills: submits and publishes without end. */
const store = await openStore(JSON.parse(process.argv[2] ?? ''));
const conversationIds = Array.from({ length: 5 }, () => newId());
const report = (message: Report): void => {
  process.send?.(message);
};
const goOn = async (writer: number): Promise<void> => {
  for (let count = 0; process.connected; count++) {
    const conversationId = conversationIds[count % 5] ?? '';
    const stored = await submitted(store, { conversationId, text: `${writer} ${count}` });
    report({ submitted: stored.id, seq: stored.seq, conversationId });
    if (count % 3 !== 0) continue;
    // Reported before, so that a parent that hears of no mark may rely on it.
    report({ published: stored.id });
    await store.markPublished([{ messageId: stored.id, attempt: 0 }]);
  }
};
await Promise.race([
  once(process, 'disconnect'),
  Promise.all(Array.from({ length: 32 }, (_, writer) => goOn(writer))),
]);
await store.close();

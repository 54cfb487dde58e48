import { describe, expect, it } from '@jest/globals';
import { aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import { submit } from '../testing/apply.ts';
import type { Context } from './store-fixture.ts';

export function describeTranscripts(context: Context): void {
  describe('reading all conversations of somebody', () => {
    it('gives each once, in the order in which they began, whatever is written meanwhile', async () => {
      const { store } = context;
      const ownerId = newId();
      const sender = { kind: 'user', id: ownerId, name: 'Ada' } as const;
      const say = async (conversationId: string) => {
        await submit(store, aSubmission({ conversationId, sender }, ownerId));
        return conversationId;
      };
      const ids: string[] = [];
      for (let index = 0; index < 5; index++) ids.push(await say(newId()));
      await submit(store, aSubmission());

      const seen: string[] = [];
      for (;;) {
        const page = await store.transcripts.conversationsOf(ownerId, { limit: 2, afterId: seen.at(-1) });
        seen.push(...page.map(({ id }) => id));
        // Now the newest in the list; here it keeps its place.
        await say(ids[0] ?? '');
        if (page.length < 2) break;
      }

      expect(seen).toEqual(ids);
      const [first] = await store.transcripts.conversationsOf(ownerId, { limit: 1 });
      expect(first).toEqual(await store.getConversation(ids[0] ?? ''));
    });

    it('gives none of somebody who has written nothing', async () => {
      expect(await context.store.transcripts.conversationsOf(newId(), { limit: 10 })).toEqual([]);
    });
  });
}

import { describe, expect, it } from '@jest/globals';
import { accepted, aFailure, aReply, routed } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeTravelling(context: Context): void {
  describe('what is on its way', () => {
    it('is every request that has left the outbox and has not ended, with who has it, by id', async () => {
      const { store } = context;
      const inOutbox = await accepted(store);
      const published = await accepted(store);
      await store.markPublished([{ messageId: published.id, attempt: 0 }]);
      const given = await routed(store, 'finance');
      const delivered = await routed(store, 'hr');
      await store.markDelivered([delivered.id]);
      const answered = await routed(store);
      await store.storeReply(aReply(answered));
      const failed = await routed(store);
      await store.fail(aFailure(failed.id));
      const made = [inOutbox, published, given, delivered, answered, failed].map(({ id }) => id);
      const expected = [
        { messageId: published.id, agentId: undefined },
        { messageId: given.id, agentId: 'finance' },
        { messageId: delivered.id, agentId: 'hr' },
      ].toSorted((one, other) => (one.messageId < other.messageId ? -1 : 1));
      const all = await store.listTravelling({ after: '', limit: 100_000 });
      expect(all.filter(({ messageId }) => made.includes(messageId))).toEqual(expected);
      const first = expected[0]?.messageId ?? '';
      const rest = await store.listTravelling({ after: first, limit: 100_000 });
      expect(rest.filter(({ messageId }) => made.includes(messageId))).toEqual(expected.slice(1));
      expect(await store.listTravelling({ after: '', limit: 1 })).toHaveLength(1);
    });
  });
}

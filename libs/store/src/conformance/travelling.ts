import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { Store } from '../store.ts';
import { accepted, aDecision, aFailure, anInput, aReply, routed } from './samples.ts';
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
        { messageId: published.id, agentId: undefined, attempt: 0, unansweredMs: 0 },
        { messageId: given.id, agentId: 'finance', seq: 1, conversationId: given.conversationId },
        { messageId: delivered.id, agentId: 'hr', routedAt: expect.any(Number), timeoutMs: undefined },
      ].toSorted((one, other) => (one.messageId < other.messageId ? -1 : 1));
      const all = await store.listTravelling({ after: '', limit: 100_000 });
      expect(all.filter(({ messageId }) => made.includes(messageId))).toMatchObject(expected);
      const first = expected[0]?.messageId ?? '';
      const rest = await store.listTravelling({ after: first, limit: 100_000 });
      expect(rest.filter(({ messageId }) => made.includes(messageId))).toMatchObject(expected.slice(1));
      expect(await store.listTravelling({ after: '', limit: 1 })).toHaveLength(1);
    });

    const travelling = async (store: Store, id: string) =>
      (await store.listTravelling({ after: '', limit: 100_000 })).find(({ messageId }) => messageId === id);

    it('knows how long its answer has been due, in this attempt', async () => {
      const { store } = context;
      const before = Date.now();
      const { id } = await routed(store, 'finance');
      const first = await travelling(store, id);
      expect(first?.routedAt).toBeGreaterThanOrEqual(before);
      expect(first?.routedAt).toBeLessThanOrEqual(Date.now());
      await store.countUnanswered([{ messageId: id, attempt: 0, unansweredMs: 5000 }]);
      await store.markDelivered([id]);
      expect(await travelling(store, id)).toMatchObject({ unansweredMs: 5000, routedAt: first?.routedAt });
      await store.countUnanswered([
        { messageId: id, attempt: 1, unansweredMs: 7000 },
        { messageId: newId(), attempt: 0, unansweredMs: 7000 },
      ]);
      expect(await travelling(store, id)).toMatchObject({ unansweredMs: 5000 });
      await store.reopen(id, 'finance');
      await store.markPublished([{ messageId: id, attempt: 1 }]);
      expect(await travelling(store, id)).toMatchObject({
        attempt: 1,
        unansweredMs: 0,
        routedAt: undefined,
        agentId: undefined,
      });
    });

    it('keeps the time that the message itself allows, through every attempt', async () => {
      const { store } = context;
      const input = anInput();
      await store.accept({ ...input, timeoutMs: 600_000 });
      await store.recordRouting(input.message.id, 0, aDecision(), []);
      await store.reopen(input.message.id, 'finance');
      await store.recordRouting(input.message.id, 1, aDecision('hr'), []);
      expect(await travelling(store, input.message.id)).toMatchObject({ timeoutMs: 600_000, agentId: 'hr' });
    });

    it('lets what has ended rest', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.storeReply(aReply(request));
      await store.countUnanswered([{ messageId: request.id, attempt: 0, unansweredMs: 5000 }]);
      expect((await store.getMessage(request.id))?.status?.status).toBe('answered');
      expect(await travelling(store, request.id)).toBeUndefined();
    });
  });
}

import { describe, expect, it } from '@jest/globals';
import { aFailure, aReply, aRouting, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { fail, loseAgent, reply, route, submit } from '../testing/apply.ts';
import { routed, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeTravelling(context: Context): void {
  describe('what is on its way', () => {
    it('is every request that has left the outbox and has not ended, with who has it, by id', async () => {
      const { store } = context;
      const inOutbox = await submitted(store);
      const published = await submitted(store);
      await store.markPublished([{ messageId: published.id, attempt: 0 }]);
      const given = await routed(store, 'finance');
      const another = await routed(store, 'hr');
      const answered = await routed(store);
      await reply(store, aReply(answered));
      const failed = await routed(store);
      await fail(store, aFailure(failed.id, 'finance'));
      const made = [inOutbox, published, given, another, answered, failed].map(({ id }) => id);
      const expected = [
        { messageId: published.id, agentId: undefined, attempt: 0, unansweredMs: 0 },
        { messageId: given.id, agentId: 'finance', seq: 1, conversationId: given.conversationId },
        { messageId: another.id, agentId: 'hr', routedAt: expect.any(Number), timeoutMs: undefined },
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
      expect(await travelling(store, id)).toMatchObject({ unansweredMs: 5000, routedAt: first?.routedAt });
      await store.countUnanswered([
        { messageId: id, attempt: 1, unansweredMs: 7000 },
        { messageId: newId(), attempt: 0, unansweredMs: 7000 },
      ]);
      expect(await travelling(store, id)).toMatchObject({ unansweredMs: 5000 });
      await loseAgent(store, { requestId: id, agentId: 'finance' });
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
      const submission = aSubmission();
      const { id } = submission.message;
      await submit(store, { ...submission, timeoutMs: 600_000 });
      await route(store, aRouting(id));
      await loseAgent(store, { requestId: id, agentId: 'finance' });
      await route(store, aRouting(id, 'hr', 1));
      expect(await travelling(store, id)).toMatchObject({ timeoutMs: 600_000, agentId: 'hr' });
    });

    it('lets what has ended rest', async () => {
      const { store } = context;
      const request = await routed(store);
      await reply(store, aReply(request));
      await store.countUnanswered([{ messageId: request.id, attempt: 0, unansweredMs: 5000 }]);
      expect((await store.getMessage(request.id))?.status?.status).toBe('answered');
      expect(await travelling(store, request.id)).toBeUndefined();
    });
  });
}

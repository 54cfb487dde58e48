import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { accepted, aDecision, aFailure, aReply, entryOf, hops, routed, statusOf } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeAnswering(context: Context): void {
  describe('storing a reply', () => {
    it('gives it the next seq and makes the request answered', async () => {
      const { store } = context;
      const request = await routed(store);
      const input = aReply(request, 'finance', { metadata: { tokens: 7 } });

      const result = await store.storeReply(input);

      const status = {
        messageId: request.id,
        conversationId: request.conversationId,
        status: 'answered',
        routing: aDecision('finance'),
        hops: input.hops,
      };
      const message = { ...input.reply, seq: 2 };
      expect(result).toEqual({ outcome: 'stored', message, status });
      expect(await store.getMessage(input.reply.id)).toStrictEqual({ message, ownerId: 'ada' });
      expect(await statusOf(store, request.id)).toEqual(status);
      expect(await store.getConversation(request.conversationId)).toMatchObject({
        lastSeq: 2,
        preview: input.reply.text,
      });
    });

    it('stores the same reply once', async () => {
      const { store } = context;
      const request = await routed(store);
      const input = aReply(request);
      const [first, second] = await Promise.all([store.storeReply(input), store.storeReply(input)]);
      const third = await store.storeReply({ ...input, hops: [] });
      expect(first.outcome).toBe('stored');
      expect(second).toEqual({ ...first, outcome: 'duplicate' });
      expect(third).toEqual({ ...first, outcome: 'duplicate' });
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(2);
    });

    it('stores a reply once that two processes store', async () => {
      const other = await context.open();
      const request = await routed(context.store);
      const input = aReply(request);
      const results = await Promise.all([context.store.storeReply(input), other.storeReply(input)]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['duplicate', 'stored']);
    });

    it('stores further replies of the same agent', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.storeReply(aReply(request));
      const second = await store.storeReply({ ...aReply(request), hops: hops('elsewhere') });
      expect(second).toMatchObject({
        outcome: 'stored',
        message: { seq: 3 },
        status: { status: 'answered' },
      });
      expect((await statusOf(store, request.id))?.hops).toEqual(aReply(request).hops);
    });

    it('refuses another agent, before the answer and after it', async () => {
      const { store } = context;
      const request = await routed(store, 'finance');
      const refused = { outcome: 'refused', reason: 'other_agent' };
      expect(await store.storeReply(aReply(request, 'hr'))).toEqual(refused);
      expect(await store.storeReply(aReply(request, 'finance'))).toMatchObject({ outcome: 'stored' });
      expect(await store.storeReply(aReply(request, 'hr'))).toEqual(refused);
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(2);
    });

    it('lets one of two agents answer, whose replies come at once from two processes', async () => {
      const other = await context.open();
      const request = await accepted(context.store);
      await context.store.markPublished([{ messageId: request.id, attempt: 0 }]);
      const results = await Promise.all([
        context.store.storeReply(aReply(request, 'finance')),
        other.storeReply(aReply(request, 'hr')),
      ]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['refused', 'stored']);
    });

    it('takes the answer of an agent that was given up while nobody else has the request', async () => {
      const { store } = context;
      const request = await routed(store, 'finance');
      await store.reopen(request.id, 'finance');
      expect(await store.storeReply(aReply(request, 'finance'))).toMatchObject({ outcome: 'stored' });
      expect(await entryOf(store, request.id)).toBeUndefined();
      expect(await store.recordRouting(request.id, 1, aDecision('hr'), [])).toEqual({ outcome: 'settled' });
    });

    it('refuses the answer of an agent that was given up once another has the request', async () => {
      const { store } = context;
      const request = await routed(store, 'finance');
      await store.reopen(request.id, 'finance');
      await store.recordRouting(request.id, 1, aDecision('hr'), []);
      expect(await store.storeReply(aReply(request, 'finance'))).toEqual({
        outcome: 'refused',
        reason: 'other_agent',
      });
      expect(await store.storeReply(aReply(request, 'hr'))).toMatchObject({ outcome: 'stored' });
    });

    it.each(['failed', 'dead_lettered'] as const)(
      'refuses a reply to a request that is %s',
      async (state) => {
        const { store } = context;
        const request = await routed(store);
        await store.fail(aFailure(request.id, state));
        expect(await store.storeReply(aReply(request))).toEqual({
          outcome: 'refused',
          reason: 'request_ended',
        });
        expect((await statusOf(store, request.id))?.status).toBe(state);
      },
    );

    it('refuses a reply to what is no request', async () => {
      const { store } = context;
      const request = await routed(store);
      const reply = aReply(request);
      await store.storeReply(reply);
      const unknown = { outcome: 'refused', reason: 'unknown_request' };
      expect(await store.storeReply(aReply({ ...request, id: newId() }))).toEqual(unknown);
      expect(await store.storeReply(aReply({ ...request, id: reply.reply.id }))).toEqual(unknown);
    });

    it('answers a replayed request', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.fail(aFailure(request.id, 'dead_lettered'));
      await store.revive(request.id);
      await store.recordRouting(request.id, 1, aDecision('hr'), []);
      expect(await store.storeReply(aReply(request, 'hr'))).toMatchObject({
        outcome: 'stored',
        message: { seq: 3 },
        status: { status: 'answered' },
      });
    });

    it("puts the reply into the request's conversation, whatever conversation it names", async () => {
      const { store } = context;
      const request = await routed(store);
      const elsewhere = await accepted(store);
      const result = await store.storeReply(
        aReply(request, 'finance', { conversationId: elsewhere.conversationId }),
      );
      expect(result).toMatchObject({ message: { conversationId: request.conversationId, seq: 2 } });
      expect((await store.getConversation(elsewhere.conversationId))?.lastSeq).toBe(1);
    });

    it('refuses an id that belongs to another message', async () => {
      const { store } = context;
      const request = await routed(store);
      const other = await routed(store);
      const reply = aReply(other);
      await store.storeReply(reply);
      for (const id of [other.id, request.id, reply.reply.id]) {
        await expect(store.storeReply(aReply(request, 'finance', { id }))).rejects.toMatchObject({
          code: 'id_conflict',
        });
      }
      expect((await statusOf(store, request.id))?.status).toBe('routed');
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(1);
    });
  });

  describe('what is said beside an answer', () => {
    const besideAnswer = (...given: Parameters<typeof aReply>) => ({
      ...aReply(...given),
      isBesideAnswer: true,
    });

    it.each(['failed', 'dead_lettered'] as const)(
      'is stored also after the request is %s, which it stays',
      async (state) => {
        const { store } = context;
        const request = await routed(store);
        await store.fail(aFailure(request.id, state));
        expect(await store.storeReply(besideAnswer(request))).toMatchObject({
          outcome: 'stored',
          message: { seq: 3, inReplyTo: request.id },
          status: { status: state },
        });
        expect((await statusOf(store, request.id))?.status).toBe(state);
      },
    );

    it('is no answer: the request still waits for one', async () => {
      const { store } = context;
      const request = await routed(store);
      expect(await store.storeReply(besideAnswer(request))).toMatchObject({
        outcome: 'stored',
        status: { status: 'routed' },
      });
      expect(await store.storeReply(aReply(request))).toMatchObject({ status: { status: 'answered' } });
    });

    it('is the same when another agent says it again', async () => {
      const { store } = context;
      const request = await routed(store);
      const id = newId();
      const first = await store.storeReply(besideAnswer(request, 'finance', { id }));
      const sender = { kind: 'agent', id: 'finance-2', name: 'finance' } as const;
      const again = await store.storeReply(besideAnswer(request, 'finance', { id, sender }));
      expect(again).toEqual({ ...first, outcome: 'duplicate' });
      await expect(
        store.storeReply(besideAnswer(await routed(store), 'finance', { id })),
      ).rejects.toMatchObject({ code: 'id_conflict' });
    });

    it('is refused when the request is with another agent', async () => {
      const { store } = context;
      const request = await routed(store, 'hr');
      expect(await store.storeReply(besideAnswer(request, 'finance'))).toEqual({
        outcome: 'refused',
        reason: 'other_agent',
      });
    });
  });

  describe('settling without a reply', () => {
    it('makes the request answered, once, and says so each time', async () => {
      const { store } = context;
      const request = await routed(store);
      const taken = hops('server', 'broker', 'agent:finance');
      const status = await store.settle({ requestId: request.id, agentId: 'finance', hops: taken });
      expect(status).toMatchObject({ messageId: request.id, status: 'answered', hops: taken });
      expect(await statusOf(store, request.id)).toEqual(status);
      expect(await store.settle({ requestId: request.id, agentId: 'finance', hops: [] })).toEqual(status);
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(1);
    });

    it('still takes replies of that agent afterwards, and of no other', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.settle({ requestId: request.id, agentId: 'finance', hops: [] });
      expect(await store.storeReply(aReply(request, 'hr'))).toMatchObject({ outcome: 'refused' });
      expect(await store.storeReply(aReply(request, 'finance'))).toMatchObject({ outcome: 'stored' });
    });

    it('does nothing for another agent, or a request that has ended or is unknown', async () => {
      const { store } = context;
      const request = await routed(store, 'hr');
      const failed = await routed(store);
      await store.fail(aFailure(failed.id));
      for (const id of [request.id, failed.id, newId()]) {
        expect(await store.settle({ requestId: id, agentId: 'finance', hops: [] })).toBeUndefined();
      }
      expect((await statusOf(store, request.id))?.status).toBe('routed');
    });
  });
}

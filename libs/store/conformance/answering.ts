import { describe, expect, it } from '@jest/globals';
import { aDecision, aReply, hops, speaker } from '@parley/requests/testing';
import { loseAgent, reply, settle } from '../testing/apply.ts';
import { entryOf, routed, statusOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeAnswering(context: Context): void {
  describe('a reply', () => {
    it('gets the next number and makes the request answered', async () => {
      const { store } = context;
      const request = await routed(store);
      const answer = aReply(request, 'finance', { metadata: { tokens: 7 } });

      const result = await reply(store, answer);

      const message = { ...answer.reply, seq: 2 };
      expect(result).toMatchObject({ outcome: 'done', message });
      expect(await store.getMessage(answer.reply.id)).toStrictEqual({ message, ownerId: 'ada' });
      expect(await statusOf(store, request.id)).toEqual({
        messageId: request.id,
        conversationId: request.conversationId,
        status: 'answered',
        routing: aDecision('finance'),
        hops: answer.hops,
      });
      expect(await store.getConversation(request.conversationId)).toMatchObject({
        lastSeq: 2,
        preview: answer.reply.text,
      });
    });

    it('is stored once, also when it comes from two processes', async () => {
      const stores = [context.store, await context.open(), context.store];
      const request = await routed(context.store);
      const answer = aReply(request);
      const results = await Promise.all(stores.map((store) => reply(store, answer)));
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'repeated', 'repeated']);
      for (const { message } of results) expect(message).toEqual({ ...answer.reply, seq: 2 });
      expect((await context.store.getConversation(request.conversationId))?.lastSeq).toBe(2);
    });

    it('is that of one agent where two answer at once, from two processes', async () => {
      const other = await context.open();
      const request = await submitted(context.store);
      await context.store.markPublished([{ messageId: request.id, attempt: 0 }]);
      const results = await Promise.all([
        reply(context.store, aReply(request, 'finance')),
        reply(other, aReply(request, 'hr')),
      ]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'refused']);
    });

    it('takes a request out of the outbox that was routed again meanwhile', async () => {
      const { store } = context;
      const request = await routed(store);
      await loseAgent(store, { requestId: request.id, agentId: 'finance' });
      expect(await reply(store, aReply(request))).toMatchObject({ outcome: 'done' });
      expect(await entryOf(store, request.id)).toBeUndefined();
    });

    it('is stored in the conversation of the request, whatever conversation it names', async () => {
      const { store } = context;
      const request = await routed(store);
      const { conversationId } = await submitted(store);
      const result = await reply(store, aReply(request, 'finance', { conversationId }));
      expect(result.message).toMatchObject({ conversationId: request.conversationId, seq: 2 });
      expect((await store.getConversation(conversationId))?.lastSeq).toBe(1);
    });

    it('is refused with the id of another message', async () => {
      const { store } = context;
      const request = await routed(store);
      const other = await routed(store);
      const answer = aReply(other);
      await reply(store, answer);
      for (const id of [other.id, request.id, answer.reply.id]) {
        await expect(reply(store, aReply(request, 'finance', { id }))).rejects.toMatchObject({
          code: 'id_conflict',
        });
      }
      expect((await statusOf(store, request.id))?.status).toBe('routed');
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(1);
    });
  });

  describe('a settled request', () => {
    it('is answered, without a message', async () => {
      const { store } = context;
      const request = await routed(store);
      const taken = hops('server', 'broker', 'agent:finance');
      const settled = { requestId: request.id, from: speaker('finance'), hops: taken };
      expect(await settle(store, settled)).toMatchObject({ outcome: 'done' });
      expect(await statusOf(store, request.id)).toMatchObject({ status: 'answered', hops: taken });
      expect(await settle(store, settled)).toMatchObject({ outcome: 'repeated' });
      expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(1);
    });

    it('is decided again when a process settles it whose agent id another one has taken', async () => {
      const { store } = context;
      const request = await routed(store);
      const from = { ...speaker('finance'), isReplaced: true };
      await settle(store, { requestId: request.id, from, hops: [] });
      expect(await entryOf(store, request.id)).toMatchObject({ message: request, attempt: 1 });
    });
  });
}

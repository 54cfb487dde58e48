import { describe, expect, it } from '@jest/globals';
import { aDeath, aDecision, aFailure, aReply } from '@parley/requests/testing';
import { ChatMessage, newId } from '@parley/shared-models';
import { die, fail, replay, reply } from '../testing/apply.ts';
import { entryOf, routed, statusOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeFailing(context: Context): void {
  describe('a request that fails', () => {
    it.each(['failed', 'dead_lettered'] as const)(
      'is %s, and its conversation has an error that says why',
      async (state) => {
        const { store } = context;
        const request = await routed(store);
        const { error, hops } = aFailure(request.id);
        const { id, conversationId } = request;

        const { outcome, message } = await (state === 'failed'
          ? fail(store, aFailure(id, 'finance'))
          : die(store, aDeath(id, 'finance')));

        expect(outcome).toBe('done');
        expect(message).toEqual({
          id: expect.any(String),
          conversationId,
          seq: 2,
          kind: 'ERROR',
          sender: { kind: 'system', id: 'parley', name: 'Parley' },
          receiver: request.sender,
          text: 'No agent is online.',
          inReplyTo: id,
          createdAt: expect.any(String),
          metadata: { code: 'no_agent_online' },
        });
        expect(ChatMessage.parse(message)).toEqual(message);
        expect(await store.getMessage(message?.id ?? '')).toEqual({ message, ownerId: 'ada' });
        expect(await statusOf(store, id)).toEqual({
          messageId: id,
          conversationId,
          status: state,
          routing: aDecision('finance'),
          hops,
          error,
        });
        expect((await store.getConversation(conversationId))?.lastSeq).toBe(2);
      },
    );

    it('leaves the outbox', async () => {
      const { store } = context;
      const request = await submitted(store);
      await fail(store, aFailure(request.id));
      expect(await entryOf(store, request.id)).toBeUndefined();
    });

    it('ends once, also when several processes say so at once', async () => {
      const other = await context.open();
      const request = await submitted(context.store);
      const results = await Promise.all([
        fail(context.store, aFailure(request.id)),
        die(other, aDeath(request.id)),
        fail(context.store, aFailure(request.id)),
      ]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'repeated', 'repeated']);
      expect((await context.store.getConversation(request.conversationId))?.lastSeq).toBe(2);
    });

    it('is either answered or failed when both come at once', async () => {
      const { store } = context;
      const other = await context.open();
      const requests = await Promise.all(Array.from({ length: 10 }, () => routed(store)));
      await Promise.all(
        requests.map(async (request) => {
          const results = await Promise.all([
            reply(store, aReply(request)),
            fail(other, aFailure(request.id, 'finance')),
          ]);
          expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'refused']);
          expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(2);
        }),
      );
    });

    it('is unknown where there is no such request, as for a message that is not a request', async () => {
      const { store } = context;
      const request = await routed(store);
      const answer = aReply(request);
      await reply(store, answer);
      for (const id of [newId(), answer.reply.id])
        expect(await fail(store, aFailure(id))).toMatchObject({ refusal: 'unknown' });
    });

    it('has one error for each time that it is replayed and fails again', async () => {
      const { store } = context;
      const request = await submitted(store);
      for (let round = 0; round < 3; round++) {
        expect(await die(store, aDeath(request.id))).toMatchObject({ message: { seq: round + 2 } });
        await replay(store, request.id);
      }
      const { messages } = await store.listMessages(request.conversationId, { limit: 10 });
      expect(messages.map(({ kind }) => kind)).toEqual(['TEXT', 'ERROR', 'ERROR', 'ERROR']);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
    });
  });
}

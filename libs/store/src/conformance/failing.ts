import { describe, expect, it } from '@jest/globals';
import { ChatMessage, deriveId, newId } from '@parley/shared-models';
import { accepted, aDecision, aFailure, aReply, entryOf, routed, statusOf } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeFailing(context: Context): void {
  describe('failing a request', () => {
    it.each(['failed', 'dead_lettered'] as const)(
      'makes it %s and says why in its conversation',
      async (state) => {
        const { store } = context;
        const request = await routed(store);
        const input = aFailure(request.id, state);

        const result = await store.fail(input);

        const message = {
          id: deriveId(request.id, 'error'),
          conversationId: request.conversationId,
          seq: 2,
          kind: 'ERROR',
          sender: { kind: 'system', id: 'parley', name: 'Parley' },
          receiver: request.sender,
          text: 'No agent is online.',
          inReplyTo: request.id,
          createdAt: expect.any(String),
          metadata: { code: 'no_agent_online' },
        };
        const status = {
          messageId: request.id,
          conversationId: request.conversationId,
          status: state,
          routing: aDecision('finance'),
          hops: input.hops,
          error: input.error,
        };
        expect(result).toEqual({ outcome: 'failed', message, status });
        const stored = await store.getMessage(deriveId(request.id, 'error'));
        expect(stored).toEqual({ message, ownerId: 'ada' });
        expect(ChatMessage.safeParse(stored?.message).success).toBe(true);
        expect(await statusOf(store, request.id)).toEqual(status);
        expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(2);
      },
    );

    it('takes the message out of the outbox', async () => {
      const { store } = context;
      const request = await accepted(store);
      await store.fail(aFailure(request.id));
      expect(await entryOf(store, request.id)).toBeUndefined();
    });

    it('keeps the hops that are known when it is told none', async () => {
      const { store } = context;
      const request = await routed(store);
      const before = (await statusOf(store, request.id))?.hops;
      await store.fail({ ...aFailure(request.id), hops: [] });
      expect((await statusOf(store, request.id))?.hops).toEqual(before);
    });

    it('happens once, also when several processes say so at once', async () => {
      const other = await context.open();
      const request = await accepted(context.store);
      const results = await Promise.all([
        context.store.fail(aFailure(request.id)),
        other.fail(aFailure(request.id, 'dead_lettered')),
        context.store.fail(aFailure(request.id)),
      ]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['ended', 'ended', 'failed']);
      expect((await context.store.getConversation(request.conversationId))?.lastSeq).toBe(2);
    });

    it.each(['failed', 'dead_lettered'] as const)(
      'tells again how a request has %s: nobody may have been told of it yet',
      async (state) => {
        const { store } = context;
        const request = await routed(store);
        const first = await store.fail(aFailure(request.id, state));
        const again = await (await context.open()).fail(aFailure(request.id));
        expect(again).toEqual({ ...first, outcome: 'ended' });
      },
    );

    it('leaves a request alone that is on a later attempt than the one that failed', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.reopen(request.id, 'finance');
      expect(await store.fail({ ...aFailure(request.id), attempt: 0 })).toEqual({ outcome: 'overtaken' });
      expect((await statusOf(store, request.id))?.status).toBe('accepted');
      expect(await store.fail({ ...aFailure(request.id), attempt: 1 })).toMatchObject({ outcome: 'failed' });
    });

    it('leaves a request alone that somebody was given, where another copy of it got no agent', async () => {
      const { store } = context;
      const request = await routed(store);
      const failure = { ...aFailure(request.id), attempt: 0, isUnrouted: true };
      expect(await store.fail(failure)).toEqual({ outcome: 'overtaken' });
      expect(await store.storeReply(aReply(request))).toMatchObject({ outcome: 'stored' });
      const waiting = await accepted(store);
      expect(await store.fail({ ...failure, requestId: waiting.id })).toMatchObject({ outcome: 'failed' });
    });

    it('leaves a request alone that was answered', async () => {
      const { store } = context;
      const request = await routed(store);
      await store.storeReply(aReply(request));
      expect(await store.fail(aFailure(request.id))).toEqual({ outcome: 'ended' });
      expect((await statusOf(store, request.id))?.status).toBe('answered');
    });

    it('either answers or fails a request to which both come at once', async () => {
      const { store } = context;
      const other = await context.open();
      const requests = await Promise.all(Array.from({ length: 10 }, () => routed(store)));
      await Promise.all(
        requests.map(async (request) => {
          const [reply, failure] = await Promise.all([
            store.storeReply(aReply(request)),
            other.fail(aFailure(request.id)),
          ]);
          expect([`${reply.outcome} ${failure.outcome}`]).toEqual([
            expect.stringMatching(/^(stored ended|refused failed)$/),
          ]);
          expect((await store.getConversation(request.conversationId))?.lastSeq).toBe(2);
        }),
      );
    });

    it('does not know what is no request', async () => {
      const { store } = context;
      const request = await routed(store);
      const reply = aReply(request);
      await store.storeReply(reply);
      expect(await store.fail(aFailure(newId()))).toEqual({ outcome: 'unknown' });
      expect(await store.fail(aFailure(reply.reply.id))).toEqual({ outcome: 'unknown' });
    });

    it('says so each time when a replayed request fails again', async () => {
      const { store } = context;
      const request = await accepted(store);
      for (let round = 0; round < 3; round++) {
        expect(await store.fail(aFailure(request.id, 'dead_lettered'))).toMatchObject({
          outcome: 'failed',
          message: { seq: round + 2 },
        });
        await store.revive(request.id);
      }
      const { messages } = await store.listMessages(request.conversationId, { limit: 10 });
      expect(messages.map(({ kind }) => kind)).toEqual(['TEXT', 'ERROR', 'ERROR', 'ERROR']);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
    });

    it('ends the request although a client has made the id that the error would have', async () => {
      const { store } = context;
      const request = await accepted(store);
      await accepted(store, { id: deriveId(request.id, 'error') });
      expect(await store.fail(aFailure(request.id))).toMatchObject({
        outcome: 'failed',
        message: { seq: 2 },
      });
    });
  });
}

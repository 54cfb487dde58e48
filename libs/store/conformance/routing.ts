import { describe, expect, it } from '@jest/globals';
import { aDeath, aFailure, aMessage, aReply, aRouting, hops } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import { die, fail, loseAgent, replay, reply, route, submit } from '../testing/apply.ts';
import { entryOf, routed, statusOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeRouting(context: Context): void {
  describe('a routed request', () => {
    it('has the decision and the hops, and has left the outbox', async () => {
      const { store } = context;
      const { id, conversationId } = await submitted(store);
      const routing = { ...aRouting(id), hops: hops('server', 'broker', 'server') };
      expect(await route(store, routing)).toMatchObject({ outcome: 'done', request: { agentId: 'finance' } });
      expect(await statusOf(store, id)).toEqual({
        messageId: id,
        conversationId,
        status: 'routed',
        routing: routing.decision,
        hops: routing.hops,
      });
      expect(await entryOf(store, id)).toBeUndefined();
    });

    it('keeps the first of two decisions of the same moment', async () => {
      const { store } = context;
      const { id } = await submitted(store);
      const outcomes = await Promise.all([route(store, aRouting(id)), route(store, aRouting(id, 'hr'))]);
      expect(outcomes).toMatchObject([{ outcome: 'done' }, { outcome: 'repeated' }]);
      expect((await statusOf(store, id))?.routing).toEqual(aRouting(id).decision);
    });

    it('keeps one of the decisions that two processes record', async () => {
      const other = await context.open();
      const messages = await Promise.all(Array.from({ length: 20 }, () => submitted(context.store)));
      await Promise.all(
        messages.map(async ({ id }) => {
          const results = await Promise.all([
            route(context.store, aRouting(id)),
            route(other, aRouting(id, 'hr')),
          ]);
          expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'repeated']);
          const [one, two] = results.map(({ request }) => request?.decision);
          expect(one).toEqual(two);
          expect((await statusOf(context.store, id))?.routing).toEqual(one);
        }),
      );
    });

    it('is refused where there is no such request, as for a message that is not a request', async () => {
      const { store } = context;
      const request = await routed(store);
      const answer = aReply(request);
      await reply(store, answer);
      for (const id of [newId(), answer.reply.id])
        expect(await route(store, aRouting(id))).toMatchObject({ outcome: 'refused', refusal: 'unknown' });
    });
  });

  describe('a request whose agent is gone', () => {
    it('is in the outbox again, as a further attempt', async () => {
      const { store } = context;
      const target = { group: 'finance' };
      const message = aMessage();
      const { id } = message;
      await submit(store, { message, ownerId: 'ada', target });
      await route(store, aRouting(id));

      await loseAgent(store, { requestId: id, agentId: 'finance' });

      const been = [...aRouting(id).hops, { service: 'lost:finance', at: expect.any(String) }];
      expect(await entryOf(store, id)).toEqual({
        message: { ...message, seq: 1 },
        target,
        attempt: 1,
        hops: been,
      });
      const status = await statusOf(store, id);
      expect(status).toMatchObject({ status: 'accepted', hops: been });
      expect(status).not.toHaveProperty('routing');
      expect(await route(store, aRouting(id, 'hr', 1))).toMatchObject({ outcome: 'done' });
    });

    it('is routed again once, when several processes notice', async () => {
      const other = await context.open();
      const { id } = await routed(context.store);
      const gone = { requestId: id, agentId: 'finance' };
      const results = await Promise.all([
        loseAgent(context.store, gone),
        loseAgent(other, gone),
        loseAgent(context.store, gone),
      ]);
      expect(results.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'refused', 'refused']);
    });

    it('is routed again when the record of its routing is lost', async () => {
      const { store } = context;
      // The state after a power cut: published, and nothing of the routing that followed.
      const { id } = await submitted(store);
      await store.markPublished([{ messageId: id, attempt: 0 }]);
      await loseAgent(store, { requestId: id, agentId: 'finance' });
      expect(await entryOf(store, id)).toMatchObject({ attempt: 1 });
    });
  });

  describe('a replayed request', () => {
    it('is in the outbox again, as a further attempt, without its error', async () => {
      const { store } = context;
      const message = await submitted(store);
      await die(store, aDeath(message.id));
      await replay(store, message.id);
      expect(await entryOf(store, message.id)).toEqual({
        message,
        attempt: 1,
        hops: aDeath(message.id).hops,
      });
      const status = await statusOf(store, message.id);
      expect(status).toMatchObject({ status: 'accepted' });
      expect(status).not.toHaveProperty('error');
    });

    it('sets out once, and stays as it is where it has not died', async () => {
      const { store } = context;
      const dead = await submitted(store);
      await die(store, aDeath(dead.id));
      const replays = await Promise.all([replay(store, dead.id), replay(store, dead.id)]);
      expect(replays).toMatchObject([{ outcome: 'done' }, { refusal: 'not_due' }]);
      const failed = await submitted(store);
      await fail(store, aFailure(failed.id));
      expect(await replay(store, failed.id)).toMatchObject({ refusal: 'not_due' });
      expect((await statusOf(store, failed.id))?.status).toBe('failed');
    });
  });
}

import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { accepted, aDecision, aFailure, aReply, entryOf, hops, routed, statusOf } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeRouting(context: Context): void {
  describe('recording who shall answer', () => {
    it('makes an accepted message routed, with the decision and the hops', async () => {
      const { store } = context;
      const message = await accepted(store);
      const decision = aDecision('finance');
      const taken = hops('server', 'broker', 'server');
      expect(await store.recordRouting(message.id, 0, decision, taken)).toEqual({
        outcome: 'routed',
        decision,
      });
      expect(await statusOf(store, message.id)).toEqual({
        messageId: message.id,
        conversationId: message.conversationId,
        status: 'routed',
        routing: decision,
        hops: taken,
      });
    });

    it('lets the first decision of an attempt stand, and returns it to who comes second', async () => {
      const { store } = context;
      const message = await accepted(store);
      const first = aDecision('finance');
      const [one, two] = await Promise.all([
        store.recordRouting(message.id, 0, first, hops('broker')),
        store.recordRouting(message.id, 0, aDecision('hr'), hops('broker', 'server')),
      ]);
      expect(one).toEqual({ outcome: 'routed', decision: first });
      expect(two).toEqual({ outcome: 'repeated', decision: first });
      expect(await statusOf(store, message.id)).toMatchObject({ routing: first, hops: hops('broker') });
      await store.markDelivered([message.id]);
      expect(await store.recordRouting(message.id, 0, aDecision('hr'), [])).toEqual({
        outcome: 'repeated',
        decision: first,
      });
    });

    it('lets one of two processes win', async () => {
      const other = await context.open();
      const messages = await Promise.all(Array.from({ length: 20 }, () => accepted(context.store)));
      await Promise.all(
        messages.map(async ({ id }) => {
          const outcomes = await Promise.all([
            context.store.recordRouting(id, 0, aDecision('finance'), []),
            other.recordRouting(id, 0, aDecision('hr'), []),
          ]);
          expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['repeated', 'routed']);
          const [one, two] = outcomes.map((outcome) => 'decision' in outcome && outcome.decision);
          expect(one).toEqual(two);
          expect((await statusOf(context.store, id))?.routing).toEqual(one);
        }),
      );
    });

    it('takes the message out of the outbox: the broker has had it', async () => {
      const { store } = context;
      const message = await routed(store);
      expect(await entryOf(store, message.id)).toBeUndefined();
    });

    it('knows nothing of messages and attempts that there are not, nor of what is no request', async () => {
      const { store } = context;
      const request = await routed(store);
      const reply = aReply(request);
      await store.storeReply(reply);
      const accepting = await accepted(store);
      for (const [id, attempt] of [
        [newId(), 0],
        [reply.reply.id, 0],
        [accepting.id, 1],
      ] as const) {
        expect(await store.recordRouting(id, attempt, aDecision(), [])).toEqual({ outcome: 'unknown' });
      }
    });

    it('is settled for a message that has ended', async () => {
      const { store } = context;
      const answered = await routed(store);
      await store.storeReply(aReply(answered));
      const failed = await accepted(store);
      await store.fail(aFailure(failed.id));
      for (const { id } of [answered, failed]) {
        expect(await store.recordRouting(id, 0, aDecision(), [])).toEqual({ outcome: 'settled' });
      }
      expect((await statusOf(store, failed.id))?.status).toBe('failed');
    });

    it('is settled for an earlier attempt', async () => {
      const { store } = context;
      const message = await routed(store);
      await store.reopen(message.id, 'finance');
      expect(await store.recordRouting(message.id, 0, aDecision('finance'), [])).toEqual({
        outcome: 'settled',
      });
      expect(await store.recordRouting(message.id, 1, aDecision('hr'), [])).toMatchObject({
        outcome: 'routed',
      });
    });
  });

  describe('marking as delivered', () => {
    it('makes routed messages delivered, and leaves all others as they are', async () => {
      const { store } = context;
      const accepting = await accepted(store);
      const routedOne = await routed(store);
      const answered = await routed(store);
      await store.storeReply(aReply(answered));
      const failed = await accepted(store);
      await store.fail(aFailure(failed.id));
      const all = [accepting, routedOne, answered, failed].map(({ id }) => id);
      await store.markDelivered([...all, newId()]);
      const states = await Promise.all(all.map(async (id) => (await statusOf(store, id))?.status));
      expect(states).toEqual(['accepted', 'delivered', 'answered', 'failed']);
    });
  });

  describe('routing again when the agent is gone', () => {
    it.each(['routed', 'delivered'])('puts a %s message back as a further attempt', async (state) => {
      const { store } = context;
      const target = { group: 'finance' };
      const message = await accepted(store);
      const other = await store.accept({ message: { ...message, id: newId() }, ownerId: 'ada', target });
      const { id } = other.message;
      await store.recordRouting(id, 0, aDecision('finance'), hops('broker'));
      if (state === 'delivered') await store.markDelivered([id]);

      const entry = await store.reopen(id, 'finance');

      const lost = { service: 'lost:finance', at: expect.any(String) };
      const been = [...hops('broker'), lost];
      expect(entry).toEqual({ message: other.message, target, attempt: 1, hops: been });
      expect(await entryOf(store, id)).toEqual(entry);
      const status = await statusOf(store, id);
      expect(status).toMatchObject({ status: 'accepted', hops: been });
      expect(status).not.toHaveProperty('routing');
    });

    it('happens once when several notice', async () => {
      const other = await context.open();
      const message = await routed(context.store);
      const entries = await Promise.all([
        context.store.reopen(message.id, 'finance'),
        other.reopen(message.id, 'finance'),
        context.store.reopen(message.id, 'finance'),
      ]);
      expect(entries.filter((entry) => entry !== undefined)).toHaveLength(1);
    });

    it('does nothing for a message that is with another agent, has ended, or is unknown', async () => {
      const { store } = context;
      const elsewhere = await routed(store, 'hr');
      const waiting = await accepted(store);
      const answered = await routed(store);
      await store.storeReply(aReply(answered));
      const failed = await routed(store);
      await store.fail(aFailure(failed.id));
      for (const id of [elsewhere.id, waiting.id, answered.id, failed.id, newId()]) {
        const before = await store.getMessage(id);
        expect(await store.reopen(id, 'finance')).toBeUndefined();
        expect(await store.getMessage(id)).toEqual(before);
      }
    });

    it('brings back a message whose record of routing is lost', async () => {
      const { store } = context;
      // What a power cut leaves: published, and nothing of the routing that followed.
      const message = await accepted(store);
      await store.markPublished([{ messageId: message.id, attempt: 0 }]);
      expect(await store.reopen(message.id, 'finance')).toMatchObject({ attempt: 1 });
      expect(await entryOf(store, message.id)).toMatchObject({ attempt: 1 });
    });

    it('counts each attempt', async () => {
      const { store } = context;
      const message = await accepted(store);
      for (let attempt = 0; attempt < 4; attempt++) {
        await store.recordRouting(message.id, attempt, aDecision(), []);
        expect(await store.reopen(message.id, 'finance')).toMatchObject({ attempt: attempt + 1 });
      }
    });
  });

  describe('replaying a dead letter', () => {
    it('puts the message back as a further attempt, without its error', async () => {
      const { store } = context;
      const message = await routed(store);
      await store.fail(aFailure(message.id, 'dead_lettered'));
      const entry = await store.revive(message.id);
      expect(entry).toEqual({ message, attempt: 1, hops: aFailure(message.id).hops });
      expect(await entryOf(store, message.id)).toEqual(entry);
      const status = await statusOf(store, message.id);
      expect(status).toMatchObject({ status: 'accepted' });
      expect(status).not.toHaveProperty('error');
      expect(await store.recordRouting(message.id, 1, aDecision('hr'), [])).toMatchObject({
        outcome: 'routed',
      });
    });

    it('does nothing in any other state', async () => {
      const { store } = context;
      const failed = await accepted(store);
      await store.fail(aFailure(failed.id, 'failed'));
      const running = await routed(store);
      const answered = await routed(store);
      await store.storeReply(aReply(answered));
      for (const id of [failed.id, running.id, answered.id, newId()]) {
        expect(await store.revive(id)).toBeUndefined();
      }
    });

    it('happens once', async () => {
      const { store } = context;
      const message = await accepted(store);
      await store.fail(aFailure(message.id, 'dead_lettered'));
      const entries = await Promise.all([store.revive(message.id), store.revive(message.id)]);
      expect(entries.filter((entry) => entry !== undefined)).toHaveLength(1);
    });
  });
}

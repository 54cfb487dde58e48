import { describe, expect, it } from '@jest/globals';
import { aReply, aRouting } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { loseAgent, reply, route } from '../testing/apply.ts';
import { entryOf, routed, statusOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeProcesses(context: Context): void {
  describe('processes that take turns', () => {
    it('number the messages of a conversation, whoever has stored the one before', async () => {
      const stores = [context.store, await context.open()];
      const conversationId = newId();
      const seqs: number[] = [];
      for (const store of [...stores, ...stores.toReversed(), ...stores])
        seqs.push((await submitted(store, { conversationId })).seq);
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('know what the others have made of a request', async () => {
      const other = await context.open();
      const request = await routed(context.store);
      const { id } = request;
      await loseAgent(other, { requestId: id, agentId: 'finance' });
      expect(await route(context.store, aRouting(id))).toMatchObject({ refusal: 'overtaken' });
      await route(context.store, aRouting(id, 'hr', 1));
      expect(await reply(other, aReply(request))).toMatchObject({ refusal: 'other_agent' });
      await reply(other, aReply(request, 'hr'));
      expect(await loseAgent(context.store, { requestId: id, agentId: 'hr' })).toMatchObject({
        refusal: 'ended',
      });
    });

    it('know who holds a conversation since another one has recorded it', async () => {
      const other = await context.open();
      const chosen = { group: 'finance', holdsSession: true, sessionTtlMs: 3_600_000 };
      const { id, conversationId } = await submitted(context.store);
      await route(other, { ...aRouting(id), chosen });
      const next = await submitted(context.store, { conversationId });
      expect((await entryOf(other, next.id))?.session).toMatchObject({ agentId: 'finance', isHeld: true });
    });

    it('know that another one has renewed the outbox', async () => {
      const other = await context.open();
      const { id } = await submitted(context.store);
      await other.renewOutbox();
      expect(await route(context.store, aRouting(id))).toMatchObject({ refusal: 'overtaken' });
      expect(await route(context.store, aRouting(id, 'finance', 1))).toMatchObject({ outcome: 'done' });
    });

    it.each([
      ['the same process', async (): Promise<Store> => context.store],
      ['another process', (): Promise<Store> => context.open()],
    ])('begin a conversation anew that %s has removed', async (_, open) => {
      const { store } = context;
      const remover = await open();
      const chosen = { group: 'finance', holdsSession: true, sessionTtlMs: 3_600_000 };
      const first = await submitted(store, { text: 'first' });
      const { conversationId } = first;
      await route(store, { ...aRouting(first.id), chosen });
      await reply(store, aReply(first));
      let after: string | undefined;
      do {
        const page = { before: Date.now() + 60_000, limit: 1000, after };
        after = (await remover.retention.remove('conversations', page)).next;
      } while (after !== undefined);
      expect(await store.getConversation(conversationId)).toBeUndefined();

      expect(await reply(store, aReply(first))).toMatchObject({ refusal: 'unknown' });
      const again = await submitted(store, { conversationId, text: 'again' });
      expect(again.seq).toBe(3);
      expect(await entryOf(store, again.id)).toEqual({ message: again, attempt: 0 });
      expect(await store.getConversation(conversationId)).toMatchObject({ title: 'again', lastSeq: 3 });
    });
  });

  describe('a row of an earlier version', () => {
    it('that says `delivered` is that of a routed request', async () => {
      const { store, fixture } = context;
      const [answered, lost] = [await routed(store), await routed(store)];
      for (const { id } of [answered, lost])
        await fixture.sql(`UPDATE requests SET state = 'delivered' WHERE message_id = '${id}'`);
      expect(await statusOf(store, answered.id)).toMatchObject({ status: 'routed' });
      const travelling = await store.listTravelling({ after: '', limit: 100_000 });
      expect(travelling.map(({ messageId }) => messageId)).toEqual(
        expect.arrayContaining([answered.id, lost.id]),
      );
      expect(await route(store, aRouting(answered.id, 'hr'))).toMatchObject({
        outcome: 'repeated',
        request: { state: 'routed', agentId: 'finance' },
      });
      expect(await reply(store, aReply(answered))).toMatchObject({ request: { state: 'answered' } });
      await loseAgent(store, { requestId: lost.id, agentId: 'finance' });
      expect(await entryOf(store, lost.id)).toMatchObject({ attempt: 1 });
    });
  });
}

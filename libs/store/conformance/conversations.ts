import { describe, expect, it } from '@jest/globals';
import { aFailure, aReply, aRouting, aSubmission } from '@parley/requests/testing';
import { Conversation, newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { fail, reply, route, submit } from '../testing/apply.ts';
import { nextMillisecond, routed, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

async function conversationOf(store: Store, ownerId: string, text: string): Promise<string> {
  const input = aSubmission({ text, sender: { kind: 'user', id: ownerId, name: ownerId } }, ownerId);
  await submit(store, input);
  await nextMillisecond();
  return input.message.conversationId;
}

export function describeConversations(context: Context): void {
  describe('reading messages', () => {
    it('does not find what there is not', async () => {
      const { store } = context;
      expect(await store.getMessage(newId())).toBeUndefined();
      expect(await store.getConversation(newId())).toBeUndefined();
      expect(await store.listMessages(newId(), { limit: 10 })).toEqual({
        messages: [],
        statuses: [],
        hasMore: false,
      });
    });

    it('gives them in order, with the status of each that a person sent', async () => {
      const { store } = context;
      const first = await routed(store);
      const { conversationId } = first;
      const second = await submitted(store, { conversationId });
      await reply(store, aReply(first));
      await fail(store, aFailure(second.id));
      const { messages, statuses, hasMore } = await store.listMessages(conversationId, { limit: 10 });
      expect(messages.map(({ seq, kind }) => [seq, kind])).toEqual([
        [1, 'TEXT'],
        [2, 'TEXT'],
        [3, 'REPLY'],
        [4, 'ERROR'],
      ]);
      expect(statuses.map(({ messageId, status }) => [messageId, status])).toEqual([
        [first.id, 'answered'],
        [second.id, 'failed'],
      ]);
      expect(hasMore).toBe(false);
    });

    it('gives pages in both directions, and says whether there is more on the side where it stopped', async () => {
      const { store } = context;
      const conversationId = newId();
      await Promise.all(Array.from({ length: 10 }, () => submitted(store, { conversationId })));
      const seqs = async (query: Parameters<Store['listMessages']>[1]) => {
        const page = await store.listMessages(conversationId, query);
        expect(page.statuses.map(({ messageId }) => messageId)).toEqual(page.messages.map(({ id }) => id));
        return [page.messages.map(({ seq }) => seq), page.hasMore];
      };
      expect(await seqs({ limit: 3 })).toEqual([[1, 2, 3], true]);
      expect(await seqs({ afterSeq: 3, limit: 3 })).toEqual([[4, 5, 6], true]);
      expect(await seqs({ afterSeq: 7, limit: 3 })).toEqual([[8, 9, 10], false]);
      expect(await seqs({ afterSeq: 10, limit: 3 })).toEqual([[], false]);
      expect(await seqs({ beforeSeq: 11, limit: 3 })).toEqual([[8, 9, 10], true]);
      expect(await seqs({ beforeSeq: 4, limit: 3 })).toEqual([[1, 2, 3], false]);
      expect(await seqs({ beforeSeq: 1, limit: 3 })).toEqual([[], false]);
      expect(await seqs({ afterSeq: 2, beforeSeq: 6, limit: 2 })).toEqual([[4, 5], true]);
      expect(await seqs({ afterSeq: 2, beforeSeq: 6, limit: 3 })).toEqual([[3, 4, 5], false]);
    });
  });

  describe('looking how far conversations are', () => {
    it('gives the seq of the newest message of each, whoever wrote it, and nothing for what is not there', async () => {
      const { store } = context;
      const answered = await routed(store);
      await reply(store, aReply(answered));
      const asked = await submitted(store);
      const ids = [answered.conversationId, asked.conversationId];
      expect(await store.lastSeqs([...ids, newId(), "it's none"])).toEqual(
        new Map([
          [answered.conversationId, 2],
          [asked.conversationId, 1],
        ]),
      );
      expect(await store.lastSeqs([])).toEqual(new Map());
    });
  });

  describe('listing conversations', () => {
    it("gives the owner's, the one with the newest message first, as many as asked for", async () => {
      const { store } = context;
      const ownerId = newId();
      const first = await conversationOf(store, ownerId, 'first');
      const second = await conversationOf(store, ownerId, 'second');
      const third = await conversationOf(store, ownerId, 'third');
      await conversationOf(store, newId(), 'of somebody else');
      const ids = async (limit: number) =>
        (await store.listConversations(ownerId, { limit })).map(({ id }) => id);
      expect(await ids(10)).toEqual([third, second, first]);
      await submit(
        store,
        aSubmission({ conversationId: first, sender: { kind: 'user', id: ownerId, name: 'x' } }, ownerId),
      );
      expect(await ids(10)).toEqual([first, third, second]);
      expect(await ids(2)).toEqual([first, third]);
    });

    it('gives conversations as the protocol has them', async () => {
      const { store } = context;
      const ownerId = newId();
      const started = Date.now();
      await conversationOf(store, ownerId, 'x'.repeat(10_000));
      const [conversation] = await store.listConversations(ownerId, { limit: 1 });
      expect(Conversation.parse(conversation)).toEqual(conversation);
      expect(Math.abs(Date.parse(conversation?.updatedAt ?? '') - started)).toBeLessThan(60_000);
    });

    it('finds words in titles and in all messages, without case', async () => {
      const { store } = context;
      const ownerId = newId();
      const sender = { kind: 'user', id: ownerId, name: 'x' } as const;
      const weather = await conversationOf(store, ownerId, 'Will it RAIN in Zürich?');
      const budget = await conversationOf(store, ownerId, 'My budget');
      const request = aSubmission({ conversationId: budget, sender, text: 'in July' }, ownerId);
      await submit(store, request);
      await route(store, aRouting(request.message.id));
      await reply(store, aReply(request.message, 'finance', { text: 'ÄRGER: 100 % of it is_gone \\ away' }));
      await store.renameConversation(weather, 'Umbrella');
      const found = async (search: string) =>
        (await store.listConversations(ownerId, { limit: 10, search })).map(({ id }) => id);
      expect(await found('rain')).toEqual([weather]);
      expect(await found('ZÜRICH')).toEqual([weather]);
      expect(await found('umbrella')).toEqual([weather]);
      expect(await found('JULY')).toEqual([budget]);
      expect(await found('ärger')).toEqual([budget]);
      expect(await found('00 % OF')).toEqual([budget]);
      expect(await found('is_gone \\')).toEqual([budget]);
      // Nothing in a search is a wildcard.
      expect(await found('100%of')).toEqual([]);
      expect(await found('is-gone')).toEqual([]);
      expect(await found('%')).toEqual([budget]);
      expect(await found('nowhere')).toEqual([]);
      expect(await store.listConversations(newId(), { limit: 10, search: 'rain' })).toEqual([]);
    });

    it('gives as many as asked for of those it finds, newest first', async () => {
      const { store } = context;
      const ownerId = newId();
      const ids: string[] = [];
      for (let index = 0; index < 4; index++)
        ids.push(await conversationOf(store, ownerId, `needle ${index}`));
      const found = await store.listConversations(ownerId, { limit: 2, search: 'NEEDLE' });
      expect(found.map(({ id }) => id)).toEqual(ids.reverse().slice(0, 2));
    });
  });

  describe('renaming a conversation', () => {
    it('changes the title and nothing else, for good', async () => {
      const { store } = context;
      const { conversationId } = await submitted(store);
      const before = await store.getConversation(conversationId);
      const renamed = await store.renameConversation(conversationId, 'Another title');
      expect(renamed).toEqual({ ...before, title: 'Another title' });
      await submitted(store, { conversationId });
      expect(await store.getConversation(conversationId)).toMatchObject({
        title: 'Another title',
        lastSeq: 2,
      });
    });

    it('returns nothing for a conversation that there is not', async () => {
      expect(await context.store.renameConversation(newId(), 'x')).toBeUndefined();
    });
  });
}

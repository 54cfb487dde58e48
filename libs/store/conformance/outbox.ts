import { describe, expect, it } from '@jest/globals';
import type { OutboxEntry } from '@parley/requests';
import { aRouting, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { loseAgent, route, submit } from '../testing/apply.ts';
import { entryOf, routed, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

const ALL = { limit: 100_000, olderThanMs: 0 };

/** Puts the outbox into a known state: empty. */
async function emptyOutbox(store: Store): Promise<void> {
  const entries = await store.takeOutbox({ ...ALL, leaseMs: 0 });
  await store.markPublished(entries.map(({ message, attempt }) => ({ messageId: message.id, attempt })));
}

const idsOf = (entries: readonly OutboxEntry[]): string[] => entries.map(({ message }) => message.id);

export function describeOutbox(context: Context): void {
  describe('the outbox', () => {
    it('holds a message until it is marked as published', async () => {
      const { store } = context;
      const first = await submitted(store);
      const second = await submitted(store);
      await store.markPublished(
        [first.id, newId(), first.id].map((messageId) => ({ messageId, attempt: 0 })),
      );
      expect(await entryOf(store, first.id)).toBeUndefined();
      expect(await entryOf(store, second.id)).toEqual({ message: second, attempt: 0 });
    });

    it('keeps a later attempt when one before it is marked as published', async () => {
      const { store } = context;
      const { id } = await routed(store);
      await loseAgent(store, { requestId: id, agentId: 'finance' });
      await store.markPublished([{ messageId: id, attempt: 0 }]);
      expect(await entryOf(store, id)).toMatchObject({ attempt: 1 });
      await store.markPublished([{ messageId: id, attempt: 1 }]);
      expect(await entryOf(store, id)).toBeUndefined();
    });

    it('takes a call that marks nothing', async () => {
      await expect(context.store.markPublished([])).resolves.toBeUndefined();
    });

    it('gives the oldest first, those of one conversation in its order, as many as asked for', async () => {
      const { store } = context;
      await emptyOutbox(store);
      const conversationId = newId();
      // Ids are made by clients and need not sort in the order of the conversation.
      const ids = Array.from({ length: 10 }, () => newId()).reverse();
      await Promise.all(ids.map((id) => submit(store, aSubmission({ id, conversationId }))));
      expect(idsOf(await store.takeOutbox({ ...ALL, limit: 4, leaseMs: 60_000 }))).toEqual(ids.slice(0, 4));
      expect(idsOf(await store.takeOutbox({ ...ALL, leaseMs: 60_000 }))).toEqual(ids.slice(4));
    });

    it('leaves out entries that are younger than asked for', async () => {
      const { store } = context;
      await emptyOutbox(store);
      const message = await submitted(store);
      expect(await store.takeOutbox({ ...ALL, olderThanMs: 60_000, leaseMs: 0 })).toEqual([]);
      expect(idsOf(await store.takeOutbox({ ...ALL, leaseMs: 0 }))).toEqual([message.id]);
    });

    it('gives each entry to one of many who ask at once', async () => {
      const { store } = context;
      const other = await context.open();
      await emptyOutbox(store);
      const sent = await Promise.all(Array.from({ length: 60 }, () => submitted(store)));
      const taken: string[] = [];
      // One that is being taken may be passed over by the others, so they ask until there is nothing left.
      const takeAll = async (from: Store): Promise<void> => {
        for (;;) {
          const entries = await from.takeOutbox({ limit: 7, olderThanMs: 0, leaseMs: 60_000 });
          if (entries.length === 0) return;
          taken.push(...idsOf(entries));
        }
      };
      await Promise.all([takeAll(store), takeAll(other), takeAll(store), takeAll(other)]);
      expect(taken.toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
    });

    it('gives an entry again when its lease has run out', async () => {
      const { store } = context;
      await emptyOutbox(store);
      const message = await submitted(store);
      expect(idsOf(await store.takeOutbox({ ...ALL, leaseMs: 50 }))).toEqual([message.id]);
      let again: OutboxEntry[] = [];
      while (again.length === 0) again = await store.takeOutbox({ ...ALL, leaseMs: 50 });
      expect(idsOf(again)).toEqual([message.id]);
    });

    it('gives renewed entries at once and in order, as the next attempt, whatever was done with the one before', async () => {
      const { store } = context;
      const conversationId = newId();
      // Ids are made by clients and need not sort in the order of the conversation.
      const [first = '', second = ''] = [newId(), newId()].reverse();
      for (const id of [first, second]) await submit(store, aSubmission({ id, conversationId }));
      const published = await submitted(store);
      await store.markPublished([{ messageId: published.id, attempt: 0 }]);
      await store.takeOutbox({ ...ALL, leaseMs: 60_000 });
      await store.renewOutbox();
      await store.markPublished([{ messageId: first, attempt: 0 }]);
      expect(await route(store, aRouting(second))).toMatchObject({ refusal: 'overtaken' });
      const taken = await store.takeOutbox({ ...ALL, olderThanMs: 60_000, leaseMs: 60_000 });
      const own = taken.filter(({ message }) => message.conversationId === conversationId);
      expect(own.map(({ message, attempt }) => [message.id, attempt])).toEqual([
        [first, 1],
        [second, 1],
      ]);
      expect(await entryOf(store, published.id)).toBeUndefined();
    });

    it('forgets what was marked as published while it was leased', async () => {
      const { store } = context;
      const message = await submitted(store);
      await store.takeOutbox({ ...ALL, leaseMs: 60_000 });
      await store.markPublished([{ messageId: message.id, attempt: 0 }]);
      expect(await entryOf(store, message.id)).toBeUndefined();
    });
  });
}

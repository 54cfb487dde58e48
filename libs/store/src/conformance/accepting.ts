import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { accepted, aMessage, anInput, entryOf, statusOf } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeAccepting(context: Context): void {
  describe('accepting a message', () => {
    it('stores it as the first of a new conversation, accepted, in the outbox', async () => {
      const { store } = context;
      const message = aMessage({
        text: 'Hello there',
        inReplyTo: newId(),
        receiver: { kind: 'agent', id: 'finance', name: 'Finance' },
        metadata: { source: 'test', nested: { list: [1, null, 'é'] } },
      });
      const target = { agentName: 'Finance' };

      const result = await store.accept({ message, ownerId: 'ada', target });

      expect(result).toEqual({ message: { ...message, seq: 1 }, isDuplicate: false });
      expect(await store.getMessage(message.id)).toEqual({
        message: { ...message, seq: 1 },
        status: {
          messageId: message.id,
          conversationId: message.conversationId,
          status: 'accepted',
          hops: [],
        },
        ownerId: 'ada',
      });
      expect(await entryOf(store, message.id)).toEqual({
        message: { ...message, seq: 1 },
        target,
        attempt: 0,
      });
    });

    it('keeps optional fields absent when they were absent', async () => {
      const { store } = context;
      const message = aMessage();
      await store.accept({ message, ownerId: 'ada' });
      expect(await entryOf(store, message.id)).toStrictEqual({ message: { ...message, seq: 1 }, attempt: 0 });
    });

    it('makes the conversation, its title from the text, its owner the one who wrote first', async () => {
      const { store } = context;
      const first = await accepted(store, { text: '\n  Plan my  week\nMonday: …' });
      await accepted(store, { conversationId: first.conversationId, text: 'And the one after' });
      expect(await store.getConversation(first.conversationId)).toEqual({
        id: first.conversationId,
        ownerId: 'ada',
        title: 'Plan my week',
        createdAt: first.createdAt,
        updatedAt: expect.any(String),
        lastSeq: 2,
        preview: 'And the one after',
      });
    });

    it('acknowledges the same message again without storing it again', async () => {
      const { store } = context;
      const input = anInput();
      const first = await store.accept(input);
      await store.markPublished([{ messageId: input.message.id, attempt: 0 }]);

      const again = await store.accept({
        ...input,
        message: { ...input.message, createdAt: '2030-01-01T00:00:00.000Z' },
      });

      expect(again).toEqual({ message: first.message, isDuplicate: true });
      expect(await entryOf(store, input.message.id)).toBeUndefined();
      expect((await store.getConversation(input.message.conversationId))?.lastSeq).toBe(1);
    });

    it('stores a message once that is sent many times at the same time', async () => {
      const { store } = context;
      const other = await context.open();
      const input = anInput();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).accept(input)),
      );
      expect(results.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
      expect(new Set(results.map(({ message }) => message.seq))).toEqual(new Set([1]));
    });

    it.each([
      ['another text', { text: 'Something else' }],
      ['another sender', { sender: { kind: 'user', id: 'bob', name: 'Bob' } }],
      ['another kind of sender', { sender: { kind: 'external', id: 'ada', name: 'Ada' } }],
      ['another conversation', { conversationId: newId() }],
    ] as const)('refuses an id that was used for %s', async (_, difference) => {
      const { store } = context;
      const input = anInput();
      await store.accept(input);
      const conflicting = store.accept({ ...input, message: { ...input.message, ...difference } });
      await expect(conflicting).rejects.toMatchObject({ name: 'ParleyError', code: 'id_conflict' });
      expect((await store.getConversation(input.message.conversationId))?.lastSeq).toBe(1);
    });

    it('makes no conversation for a message that is refused', async () => {
      const { store } = context;
      const input = anInput();
      await store.accept(input);
      const conversationId = newId();
      await expect(
        store.accept({ ...input, message: { ...input.message, conversationId } }),
      ).rejects.toMatchObject({ code: 'id_conflict' });
      expect(await store.getConversation(conversationId)).toBeUndefined();
    });

    it("refuses a message to somebody else's conversation, and tells nothing of it", async () => {
      const { store } = context;
      const own = anInput();
      await store.accept(own);
      const intruder = { kind: 'user', id: 'eve', name: 'Eve' } as const;
      const { conversationId } = own.message;
      await expect(store.accept(anInput({ conversationId, sender: intruder }, 'eve'))).rejects.toMatchObject({
        code: 'forbidden',
      });
      // Even with an id that is in there.
      await expect(store.accept({ ...own, ownerId: 'eve' })).rejects.toMatchObject({ code: 'forbidden' });
      expect((await store.getConversation(conversationId))?.lastSeq).toBe(1);
    });

    it('lets the refusals in a burst fail alone', async () => {
      const { store } = context;
      const own = anInput();
      await store.accept(own);
      const { conversationId } = own.message;
      const outcomes = await Promise.allSettled([
        store.accept(anInput({ conversationId, text: 'one' })),
        store.accept(anInput({ conversationId }, 'eve')),
        store.accept({ ...own, message: { ...own.message, text: 'different' } }),
        store.accept(anInput({ conversationId, text: 'two' })),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
      ]);
      const { messages } = await store.listMessages(conversationId, { limit: 10 });
      expect(messages.map(({ seq, text }) => [seq, text])).toEqual([
        [1, own.message.text],
        [2, 'one'],
        [3, 'two'],
      ]);
    });

    it('numbers 1,000 messages that come at once to 20 conversations without gaps, in the order of the calls', async () => {
      const { store } = context;
      const conversationIds = Array.from({ length: 20 }, () => newId());
      const sent = Array.from({ length: 1000 }, (_, index) =>
        anInput({ conversationId: conversationIds[index % 20] ?? '', text: `number ${index}` }),
      );
      const results = await Promise.all(sent.map((input) => store.accept(input)));
      expect(results.map(({ message }) => message.seq)).toEqual(
        sent.map((_, index) => Math.floor(index / 20) + 1),
      );
      for (const conversationId of conversationIds) {
        const { messages } = await store.listMessages(conversationId, { limit: 100 });
        expect(messages.map(({ id }) => id)).toEqual(
          sent
            .filter(({ message }) => message.conversationId === conversationId)
            .map(({ message }) => message.id),
        );
      }
    });

    it('numbers what two processes store at once in the same conversations without gaps', async () => {
      const stores = [context.store, await context.open()];
      const conversationIds = Array.from({ length: 5 }, () => newId());
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          stores[index % 2]?.accept(anInput({ conversationId: conversationIds[index % 5] ?? '' })),
        ),
      );
      for (const conversationId of conversationIds) {
        const { messages } = await context.store.listMessages(conversationId, { limit: 100 });
        expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
        expect((await statusOf(context.store, messages[0]?.id ?? ''))?.status).toBe('accepted');
      }
    });
  });
}

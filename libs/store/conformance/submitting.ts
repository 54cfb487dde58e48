import { describe, expect, it } from '@jest/globals';
import { aMessage, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import { submit } from '../testing/apply.ts';
import { entryOf, statusOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeSubmitting(context: Context): void {
  describe('a submitted message', () => {
    it('is stored as the first of a new conversation, accepted, in the outbox', async () => {
      const { store } = context;
      const message = aMessage({
        text: 'Hello there',
        inReplyTo: newId(),
        receiver: { kind: 'agent', id: 'finance', name: 'Finance' },
        metadata: { source: 'test', nested: { list: [1, null, 'é'] } },
      });
      const target = { agentName: 'Finance' };

      const result = await submit(store, { message, ownerId: 'ada', target });

      expect(result).toMatchObject({ outcome: 'done', message: { ...message, seq: 1 } });
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

    it('has no fields that it did not have', async () => {
      const { store } = context;
      const message = aMessage();
      await submit(store, { message, ownerId: 'ada' });
      expect(await entryOf(store, message.id)).toStrictEqual({ message: { ...message, seq: 1 }, attempt: 0 });
    });

    it('makes the conversation: its title from the text, its owner the one who wrote first', async () => {
      const { store } = context;
      const first = await submitted(store, { text: '\n  Plan my  week\nMonday: …' });
      await submitted(store, { conversationId: first.conversationId, text: 'And the one after' });
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

    it('is not stored again when it comes again', async () => {
      const { store } = context;
      const submission = aSubmission();
      const { id, conversationId } = submission.message;
      const first = await submit(store, submission);
      await store.markPublished([{ messageId: id, attempt: 0 }]);

      const again = await submit(store, {
        ...submission,
        message: { ...submission.message, createdAt: '2030-01-01T00:00:00.000Z' },
      });

      expect(again).toMatchObject({ outcome: 'repeated', message: first.message });
      expect(await entryOf(store, id)).toBeUndefined();
      expect((await store.getConversation(conversationId))?.lastSeq).toBe(1);
    });

    it('is stored once when it is sent many times at the same time', async () => {
      const { store } = context;
      const other = await context.open();
      const submission = aSubmission();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => submit(index % 2 === 0 ? store : other, submission)),
      );
      expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
      expect(new Set(results.map(({ message }) => message?.seq))).toEqual(new Set([1]));
    });

    it('makes no conversation when it is refused', async () => {
      const { store } = context;
      const submission = aSubmission();
      await submit(store, submission);
      const conversationId = newId();
      await expect(
        submit(store, { ...submission, message: { ...submission.message, conversationId } }),
      ).rejects.toMatchObject({ code: 'id_conflict' });
      expect(await store.getConversation(conversationId)).toBeUndefined();
    });

    it('is refused alone among others of the same moment', async () => {
      const { store } = context;
      const own = aSubmission();
      await submit(store, own);
      const { conversationId } = own.message;
      const outcomes = await Promise.allSettled([
        submit(store, aSubmission({ conversationId, text: 'one' })),
        submit(store, aSubmission({ conversationId }, 'eve')),
        submit(store, { ...own, message: { ...own.message, text: 'different' } }),
        submit(store, aSubmission({ conversationId, text: 'two' })),
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

    it('gets the next number, also as one of 1,000 that come at once to 20 conversations, in the order of the calls', async () => {
      const { store } = context;
      const conversationIds = Array.from({ length: 20 }, () => newId());
      const sent = Array.from({ length: 1000 }, (_, index) =>
        aSubmission({ conversationId: conversationIds[index % 20] ?? '', text: `number ${index}` }),
      );
      const results = await Promise.all(sent.map((submission) => submit(store, submission)));
      expect(results.map(({ message }) => message?.seq)).toEqual(
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

    it('gets the next number, also where two processes store into the same conversations at once', async () => {
      const stores = [context.store, await context.open()];
      const conversationIds = Array.from({ length: 5 }, () => newId());
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          submit(
            stores[index % 2] ?? context.store,
            aSubmission({ conversationId: conversationIds[index % 5] ?? '' }),
          ),
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

import { describe, expect, it } from '@jest/globals';
import { aDecision, aReply, aRouting, aSubmission, hops } from '@parley/requests/testing';
import { LIMITS } from '@parley/shared-models';
import { reply, route, submit } from '../testing/apply.ts';
import { entryOf, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

export function describeTexts(context: Context): void {
  describe('texts', () => {
    it.each([
      ['of all planes', 'naïve – 漢字 👩‍👩‍👧 \u202Eabc'],
      ['with quotes and backslashes', `'; DROP TABLE messages; -- "\\n" \\ % _ $1 ? {}`],
      ['with control characters', 'a\tb\r\nc\u0001\u007F'],
      ['as long as may be', '漢'.repeat(LIMITS.textLength)],
      ['of white space', ' \n '],
    ])('keeps a text %s as it is', async (_, text) => {
      const message = await submitted(context.store, { text });
      expect((await context.store.getMessage(message.id))?.message.text).toBe(text);
    });

    it.each([
      ['NUL', 'a\u0000b', 'a\uFFFDb'],
      ['half a surrogate pair', 'a\uD83Db', 'a\uFFFDb'],
    ])('replaces %s, and still knows the message when it is sent again', async (_, text, kept) => {
      const { store } = context;
      const input = aSubmission({ text, sender: { kind: 'user', id: 'ada', name: text } });
      const first = await submit(store, input);
      expect(first.message?.text).toBe(kept);
      expect(first.message?.sender.name).toBe(kept);
      expect(await submit(store, input)).toMatchObject({ outcome: 'repeated', message: first.message });
      expect((await store.getMessage(input.message.id))?.message).toEqual(first.message);
      expect((await entryOf(store, input.message.id))?.message).toEqual(first.message);
    });

    it('keeps NUL and halves of surrogate pairs where they stand in metadata and reasons', async () => {
      const { store } = context;
      const odd = 'a\u0000b\uD83D';
      const metadata = { odd, [odd]: odd };
      const request = await submitted(store, { metadata });
      const reason = `because of ${odd}`;
      const decision = { ...aDecision('finance'), reason };
      await route(store, { ...aRouting(request.id), decision, hops: hops('server', odd) });
      expect((await store.getMessage(request.id))?.status).toMatchObject({ routing: { reason } });
      const answer = aReply(request, 'finance', { metadata });
      await reply(store, answer);
      expect((await store.getMessage(request.id))?.message.metadata).toEqual(metadata);
      expect((await store.getMessage(answer.reply.id))?.message.metadata).toEqual(metadata);
    });

    it('answers a question about an id or a person that no database can hold as about an unknown one', async () => {
      const { store } = context;
      const odd = 'a\u0000b\uD83D';
      expect(await store.getMessage(odd)).toBeUndefined();
      expect(await store.getConversation(odd)).toBeUndefined();
      expect(await store.getDeadLetter(odd)).toBeUndefined();
      expect(await store.listConversations(odd, { limit: 1 })).toEqual([]);
      expect(await store.transcripts.conversationsOf(odd, { limit: 1 })).toEqual([]);
      expect(await store.tasks.list({ ownerId: odd, limit: 1 })).toEqual([]);
      expect((await store.commands.list({ agentId: odd, limit: 1 })).commands).toEqual([]);
      expect(await store.events.list({ types: [odd], limit: 1 })).toEqual([]);
    });

    it('cuts titles and previews at whole characters', async () => {
      const { store } = context;
      for (const text of ['👩'.repeat(200), `x${'👩'.repeat(200)}`]) {
        const { conversationId } = await submitted(store, { text });
        const conversation = await store.getConversation(conversationId);
        expect(conversation?.title.isWellFormed()).toBe(true);
        expect(conversation?.title.length).toBeLessThanOrEqual(200);
        expect(conversation?.preview.isWellFormed()).toBe(true);
        expect(conversation?.preview.length).toBeLessThanOrEqual(140);
      }
    });

    it('leaves what cannot be seen out of titles and previews', async () => {
      const { conversationId } = await submitted(context.store, {
        text: 'pay\u202e\u001b]52;\u0007 ok\u200b',
      });
      expect(await context.store.getConversation(conversationId)).toMatchObject({
        title: 'pay]52; ok',
        preview: 'pay]52; ok',
      });
    });

    it('gives a conversation that begins with nothing visible a title all the same', async () => {
      const { conversationId } = await submitted(context.store, { text: ' \n ' });
      expect((await context.store.getConversation(conversationId))?.title).not.toBe('');
    });
  });
}

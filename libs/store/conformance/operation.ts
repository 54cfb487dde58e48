import { describe, expect, it } from '@jest/globals';
import { aFailure, aReply, aRouting, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { fail, reply, route, submit } from '../testing/apply.ts';
import { aLetter, aProfile, entryOf, routed, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

const unavailable = { name: 'ParleyError', code: 'store_unavailable' };

/** All that can be read of a conversation. */
async function contentOf(store: Store, conversationId: string) {
  return {
    conversation: await store.getConversation(conversationId),
    page: await store.listMessages(conversationId, { limit: 100 }),
  };
}

export function describeOperation(context: Context): void {
  describe('operation', () => {
    it('says that it can be written to', async () => {
      await expect(context.store.check()).resolves.toBeUndefined();
    });

    it('lets a write that fails in an unforeseen way fail alone, and undoes it', async () => {
      const { store } = context;
      const conversationId = newId();
      const outcomes = await Promise.allSettled([
        submit(store, aSubmission({ conversationId, text: 'one' })),
        // Fails when the message is inserted, after it has taken its seq.
        submit(store, aSubmission({ conversationId, createdAt: {} as never })),
        submit(store, aSubmission({ conversationId: newId() }, 'eve')),
        submit(store, aSubmission({ conversationId, text: 'two' })),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      const { messages } = await store.listMessages(conversationId, { limit: 10 });
      expect(messages.map(({ seq, text }) => [seq, text])).toEqual([
        [1, 'one'],
        [2, 'two'],
      ]);
    });

    it('has everything again after a restart', async () => {
      const before = await context.fixture.open();
      const request = await routed(before, 'finance', { metadata: { a: [1] } });
      const { conversationId } = request;
      await reply(before, aReply(request));
      const failed = await submitted(before, { conversationId });
      await fail(before, aFailure(failed.id));
      const waiting = await submitted(before, { conversationId });
      const agentId = `agent-${newId()}`;
      await before.registerAgent(agentId, aProfile());
      await before.setAgentState(agentId, 'paused');
      await before.setWantedAgentState(agentId, 'paused');
      const letter = aLetter();
      await before.addDeadLetter(letter);
      const content = await contentOf(before, conversationId);
      await before.close();

      const after = await context.open();
      expect(await contentOf(after, conversationId)).toEqual(content);
      expect(await entryOf(after, waiting.id)).toEqual({ message: waiting, attempt: 0 });
      expect(await after.listAgents()).toContainEqual(expect.objectContaining({ agentId, state: 'paused' }));
      expect(await after.registerAgent(agentId, aProfile())).toMatchObject({
        incarnation: 2,
        state: 'online',
        wanted: 'paused',
      });
      expect(await after.getDeadLetter(letter.id)).toEqual(letter);
      expect((await submitted(after, { conversationId })).seq).toBe(6);
    });

    it('shows each process what the others have written', async () => {
      const other = await context.open();
      const message = await submitted(context.store);
      await route(other, aRouting(message.id));
      expect((await context.store.getMessage(message.id))?.status?.status).toBe('routed');
    });

    it('finishes what is under way when it is closed, and refuses what comes after', async () => {
      const store = await context.fixture.open();
      const conversationId = newId();
      const underWay = Array.from({ length: 50 }, () => submit(store, aSubmission({ conversationId })));
      const marking = store.markPublished([{ messageId: newId(), attempt: 0 }]);
      const closing = store.close();
      const late = submit(store, aSubmission({ conversationId }));
      await expect(late).rejects.toMatchObject(unavailable);
      await closing;
      expect((await Promise.all(underWay)).map(({ message }) => message?.seq)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
      await expect(marking).resolves.toBeUndefined();
      expect((await context.store.getConversation(conversationId))?.lastSeq).toBe(50);
    });

    it('refuses every call when it is closed, and may be closed again', async () => {
      const store = await context.fixture.open();
      await store.check();
      await Promise.all([store.close(), store.close()]);
      await store.close();
      const calls: Promise<unknown>[] = [
        submit(store, aSubmission()),
        store.takeOutbox({ limit: 1, olderThanMs: 0, leaseMs: 0 }),
        store.getMessage(newId()),
        store.listMessages(newId(), { limit: 1 }),
        store.listConversations('ada', { limit: 1 }),
        store.renameConversation(newId(), 'x'),
        store.registerAgent('x', aProfile()),
        store.listAgents(),
        store.addDeadLetter(aLetter()),
        store.listDeadLetters({ limit: 1 }),
        store.check(),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
      }
    });
  });
}

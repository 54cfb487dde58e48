import { describe, expect, it } from '@jest/globals';
import { aReply, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import type { Removable } from '../src/ports/retention.ts';
import { reply, submit } from '../testing/apply.ts';
import { routed, submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';

/** Removes rows of other tests, too: to be described last. */
export function describeRetention(context: Context): void {
  /** Of all that is there, in pages. */
  const removeAll = async (what: Removable, before: number): Promise<{ removed: number; bytes: number }> => {
    const sum = { removed: 0, bytes: 0 };
    let after: string | undefined;
    do {
      const page = await context.store.retention.remove(what, { before, limit: 7, after });
      expect(page.removed).toBeLessThanOrEqual(7);
      sum.removed += page.removed;
      sum.bytes += page.bytes;
      after = page.next;
    } while (after !== undefined);
    return sum;
  };
  /** Ahead of the database's clock. */
  const soon = (): number => Date.now() + 60_000;
  const answered = async (fields: Parameters<typeof routed>[2] = {}) => {
    const request = await routed(context.store, 'finance', fields);
    await reply(context.store, aReply(request));
    return request;
  };

  describe('what is removed', () => {
    it('is a conversation with all that belongs to it, once it is old enough', async () => {
      const { store } = context;
      const ownerId = `ada-${newId()}`;
      const submission = aSubmission({}, ownerId);
      const { id, conversationId, text } = submission.message;
      await submit(store, submission);
      await store.markPublished([{ messageId: id, attempt: 0 }]);
      await reply(store, aReply(submission.message));
      const task = { id: newId(), group: 'planner', ownerId, conversationId, document: '{}', view: '{}' };
      await store.tasks.add({ ...task, isOpen: false });

      expect((await removeAll('conversations', Date.now() - 3_600_000)).removed).toBe(0);
      expect(await store.getConversation(conversationId)).toBeDefined();
      const { removed, bytes } = await removeAll('conversations', soon());
      expect(removed).toBeGreaterThan(0);
      expect(bytes).toBeGreaterThan(text.length);
      expect(await store.getConversation(conversationId)).toBeUndefined();
      expect(await store.listConversations(ownerId, { limit: 10 })).toEqual([]);
      expect(await store.listConversations(ownerId, { limit: 10, search: '' })).toEqual([]);
      expect(await store.transcripts.conversationsOf(ownerId, { limit: 10 })).toEqual([]);
      expect(await store.renameConversation(conversationId, 'back')).toBeUndefined();
      expect((await store.listMessages(conversationId, { limit: 10 })).messages).toEqual([]);
      expect(await store.getMessage(id)).toBeUndefined();
      expect(await store.tasks.get(task.id)).toBeUndefined();
      expect((await removeAll('conversations', soon())).removed).toBe(0);
    });

    it('is no conversation in which somebody waits: for the queue, for an answer, or for a task', async () => {
      const { store } = context;
      const inOutbox = await submitted(store);
      const atAgent = await routed(store);
      const withTask = await answered();
      const { conversationId } = withTask;
      const task = { group: 'planner', ownerId: 'ada', conversationId, document: '{}', view: '{}' };
      await store.tasks.add({ id: newId(), isOpen: true, ...task });
      await removeAll('conversations', soon());
      for (const { id } of [inOutbox, atAgent, withTask]) expect(await store.getMessage(id)).toBeDefined();
      expect(await reply(store, aReply(atAgent))).toMatchObject({ outcome: 'done' });
    });

    it('is a conversation whose numbers go on where somebody writes to it again, and which stays its owner’s', async () => {
      const { store } = context;
      const { conversationId } = await answered({ text: 'first' });
      await removeAll('conversations', soon());
      await expect(submit(store, aSubmission({ conversationId }, 'eve'))).rejects.toMatchObject({
        code: 'forbidden',
      });
      const again = await submitted(store, { conversationId, text: 'again' });
      expect(again.seq).toBe(3);
      expect(await store.getConversation(conversationId)).toMatchObject({ title: 'again', lastSeq: 3 });
      expect((await store.listMessages(conversationId, { limit: 10 })).messages).toMatchObject([{ seq: 3 }]);
    });

    it('is a request that a late answer does not find, and that stays removed', async () => {
      const { store } = context;
      const request = await answered();
      await removeAll('conversations', soon());
      expect(await reply(store, aReply(request))).toMatchObject({ refusal: 'unknown' });
    });

    it('are events that were published, commands that have ended with what they printed, finished tasks', async () => {
      const { store } = context;
      const event = (isForOutbox: boolean) =>
        store.events.append(
          {
            channel: 'human',
            event: {
              id: newId(),
              type: 'x',
              payload: 1,
              source: { kind: 'user', id: 'ada', name: 'Ada' },
              at: new Date().toISOString(),
              correlationId: newId(),
            },
          },
          { isForOutbox },
        );
      const [published, waiting] = [await event(false), await event(true)];
      const command = () => ({
        id: newId(),
        agentId: `agent-${newId()}`,
        agentName: 'Shell',
        requestedBy: { id: 'ada', name: 'Ada' },
        type: 'shell' as const,
        command: 'ls',
        timeoutMs: 1000,
      });
      const [ended, open] = [command(), command()];
      await store.commands.add([ended, open], () => ({
        action: 'command.run',
        actor: { kind: 'user', id: 'ada', name: 'Ada' },
        result: 'queued',
      }));
      await store.commands.apply(ended.id, { do: 'expire', reason: 'x' });
      const task = { group: 'planner', conversationId: newId(), ownerId: 'ada', document: '{}', view: '{}' };
      const [over, running] = [newId(), newId()];
      await store.tasks.add({ id: over, isOpen: false, ...task });
      await store.tasks.add({ id: running, isOpen: true, ...task });
      const audit = await store.audit.head();

      for (const what of ['events', 'commands', 'tasks'] as const) {
        expect((await removeAll(what, Date.now() - 3_600_000)).removed).toBe(0);
        expect((await removeAll(what, soon())).removed).toBeGreaterThan(0);
      }
      const listed = async ({ logged }: Awaited<ReturnType<typeof event>>) =>
        (await store.events.list({ correlationId: logged.event.correlationId, limit: 5 })).length;
      expect([await listed(published), await listed(waiting)]).toEqual([0, 1]);
      expect(await store.commands.get(ended.id)).toBeUndefined();
      expect(await store.commands.get(open.id)).toBeDefined();
      expect(await store.tasks.get(over)).toBeUndefined();
      expect(await store.tasks.get(running)).toBeDefined();
      expect(await store.audit.head()).toEqual(audit);
      // Numbers are never given out again.
      expect((await event(false)).logged.number).toBeGreaterThan(waiting.logged.number);
    });

    it('makes the store smaller', async () => {
      const { store } = context;
      for (let count = 0; count < 5; count++) await answered({ text: 'x'.repeat(50_000) });
      const before = await store.retention.size();
      expect(before).toBeGreaterThan(250_000);
      const { bytes } = await removeAll('conversations', soon());
      expect(bytes).toBeGreaterThanOrEqual(250_000);
      expect(await store.retention.size()).toBeLessThan(before - 200_000);
    });
  });

  describe('what people use', () => {
    const period = { beganAt: 60_000, endsAt: 120_000 };

    it('is counted up to a limit, over all processes', async () => {
      const stores = [context.store, await context.open()];
      const key = `ada ${newId()} \u0000`;
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (stores[index % 2] ?? context.store).usage.take({ key, period, amount: 30, limit: 100 }),
        ),
      );
      expect(taken.reduce((sum, amount) => sum + amount, 0)).toBe(100);
      expect(taken.filter((amount) => amount === 10)).toHaveLength(1);
      const next = { beganAt: 120_000, endsAt: 180_000 };
      expect(await context.store.usage.take({ key, period: next, amount: 30, limit: 100 })).toBe(30);
      // A limit that was lowered takes nothing back.
      expect(await context.store.usage.take({ key, period, amount: 30, limit: 50 })).toBe(0);
    });

    it('is forgotten when its period is over', async () => {
      const { usage, retention } = context.store;
      const key = newId();
      await usage.take({ key, period, amount: 100, limit: 100 });
      await retention.removeUsage(period.endsAt);
      expect(await usage.take({ key, period, amount: 1, limit: 100 })).toBe(0);
      await retention.removeUsage(period.endsAt + 1);
      expect(await usage.take({ key, period, amount: 1, limit: 100 })).toBe(1);
    });
  });
}

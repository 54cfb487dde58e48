import { describe, expect, it } from '@jest/globals';
import type { ChosenAgent, Transition } from '@parley/requests';
import { aDeath, aReply, aRouting, aSubmission } from '@parley/requests/testing';
import { Conversation, newId } from '@parley/shared-models';
import type { Store } from '../src/store.ts';
import { die, loseAgent, replay, reply, route, submit } from '../testing/apply.ts';
import { entryOf, nextMillisecond, statusOf } from './samples.ts';
import type { Context } from './store-fixture.ts';

const HOUR_MS = 3_600_000;
const holding = (group = 'finance', sessionTtlMs = HOUR_MS): ChosenAgent => ({
  group,
  holdsSession: true,
  sessionTtlMs,
});

const hint = (agentId: string, isEnding = false) => ({
  agentId,
  agentName: agentId,
  group: agentId,
  isHeld: true,
  isEnding,
});

/** A message of the conversation that asks for an answer; `END` counts as leaving. */
const say = (store: Store, conversationId: string, text = 'And next month?'): Promise<Transition> =>
  submit(store, { ...aSubmission({ conversationId, text }), isSessionEnd: text === 'END' });

const give = (store: Store, { request }: Transition, agentId: string, chosen = holding(agentId)) =>
  route(store, { ...aRouting(request?.messageId ?? '', agentId), chosen });

/** A conversation that the agent holds. */
async function heldBy(store: Store, agentId: string, chosen = holding(agentId)): Promise<string> {
  const conversationId = newId();
  await give(store, await say(store, conversationId, 'My budget?'), agentId, chosen);
  return conversationId;
}

const sessionOf = async (store: Store, conversationId: string) =>
  (await store.getConversation(conversationId))?.session;

export function describeSessions(context: Context): void {
  describe('a held conversation', () => {
    it('names who holds it, since when and until when', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const conversation = await store.getConversation(conversationId);
      const { session } = conversation ?? {};
      expect(session).toMatchObject({ agentId: 'finance', agentName: 'finance', group: 'finance' });
      expect(session?.expiresAt).toBe(new Date(Date.parse(session?.since ?? '') + HOUR_MS).toISOString());
      expect(Conversation.parse(conversation)).toEqual(conversation);
    });

    it('is held longer by each message, which carries the session into the outbox', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const before = await sessionOf(store, conversationId);
      await nextMillisecond();
      const { message } = await say(store, conversationId);
      expect(await entryOf(store, message?.id ?? '')).toEqual({
        message,
        session: hint('finance'),
        attempt: 0,
      });
      const after = await sessionOf(store, conversationId);
      expect(after?.since).toBe(before?.since);
      expect(Date.parse(after?.expiresAt ?? '')).toBeGreaterThan(Date.parse(before?.expiresAt ?? ''));
    });

    it('is held no longer by what the agent says', async () => {
      const { store } = context;
      const first = await say(store, newId());
      await give(store, first, 'finance');
      const conversationId = first.request?.conversationId ?? '';
      const before = await sessionOf(store, conversationId);
      await nextMillisecond();
      await reply(store, aReply({ id: first.request?.messageId ?? '', conversationId }));
      expect(before).toBeDefined();
      expect(await sessionOf(store, conversationId)).toEqual(before);
    });

    it('is listed with its session', async () => {
      const { store } = context;
      const ownerId = newId();
      const sender = { kind: 'user', id: ownerId, name: 'Ada' } as const;
      const first = await submit(store, aSubmission({ sender }, ownerId));
      await give(store, first, 'finance');
      const [listed] = await store.listConversations(ownerId, { limit: 10 });
      expect(listed?.session).toEqual(await sessionOf(store, first.request?.conversationId ?? ''));
      expect(listed?.session).toBeDefined();
      const [found] = await store.listConversations(ownerId, { limit: 10, search: 'budget' });
      expect(found?.session).toEqual(listed?.session);
    });

    it('is free again with END, in the same write', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const { message } = await say(store, conversationId, 'END');
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      expect((await entryOf(store, message?.id ?? ''))?.session).toEqual(hint('finance', true));
      expect((await say(store, conversationId)).request?.hint).toBeUndefined();
    });

    it('is left once where END comes twice at once, and stays held where END is refused', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const end = { ...aSubmission({ conversationId, text: 'END' }), isSessionEnd: true };
      await expect(submit(store, { ...end, ownerId: 'eve' })).rejects.toMatchObject({ code: 'forbidden' });
      expect(await sessionOf(store, conversationId)).toBeDefined();
      const results = await Promise.all([submit(store, end), submit(store, end)]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'repeated']);
      expect(await sessionOf(store, conversationId)).toBeUndefined();
    });

    it('gives its session to a request that is routed again or replayed', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const next = await say(store, conversationId);
      const id = next.request?.messageId ?? '';
      await give(store, next, 'finance');
      await loseAgent(store, { requestId: id, agentId: 'finance' });
      expect((await entryOf(store, id))?.session).toEqual(hint('finance'));
      await die(store, aDeath(id));
      expect((await statusOf(store, id))?.status).toBe('dead_lettered');
      await replay(store, id);
      expect((await entryOf(store, id))?.session).toEqual(hint('finance'));
    });

    it('is free when its time is over', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance', holding('finance', 1));
      await nextMillisecond();
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      expect((await say(store, conversationId)).request?.hint).toBeUndefined();
    });

    it('is held by its own agent, whatever two people write at the same time in two processes', async () => {
      const stores = [context.store, await context.open()];
      const people = Array.from({ length: 20 }, (_, index) => ({
        agentId: index % 2 === 0 ? 'finance' : 'hr',
        conversationId: newId(),
      }));
      const storeOf = (index: number): Store => stores[index % 2] ?? context.store;
      await Promise.all(
        people.map(async ({ agentId, conversationId }, index) => {
          const first = await say(storeOf(Number(index % 3 === 0)), conversationId);
          await give(storeOf(Number(index % 5 === 0)), first, agentId);
        }),
      );
      const next = await Promise.all(
        people.map(({ conversationId }, index) => say(storeOf(index), conversationId)),
      );
      expect(next.map(({ request }) => request?.hint)).toEqual(people.map(({ agentId }) => hint(agentId)));
    });

    it('is held beyond the end of the process', async () => {
      const conversationId = await heldBy(context.store, 'finance');
      const other = await context.open();
      expect((await say(other, conversationId)).request?.hint).toEqual(hint('finance'));
    });
  });
}

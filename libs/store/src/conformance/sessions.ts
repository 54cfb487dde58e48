import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, Conversation, newId } from '@parley/shared-models';
import type { Accepted, Partner, Store } from '../store.ts';
import { aDecision, aFailure, anInput, aReply, entryOf, nextMillisecond } from './samples.ts';
import type { Context } from './store-fixture.ts';

const HOUR_MS = 3_600_000;
const holding = (group = 'finance', sessionTtlMs = HOUR_MS): Partner => ({
  group,
  holdsSession: true,
  sessionTtlMs,
});
const passing = (group: string): Partner => ({ group, holdsSession: false, sessionTtlMs: HOUR_MS });

const hint = (agentId: string, isHeld: boolean, isEnding = false, group = agentId) => ({
  agentId,
  agentName: agentId,
  group,
  isHeld,
  isEnding,
});

/** A further message of the conversation; `END` counts as leaving. */
async function say(store: Store, conversationId: string, text = 'And next month?'): Promise<Accepted> {
  return store.accept({ ...anInput({ conversationId, text }), isSessionEnd: text === 'END' });
}

async function route(store: Store, message: ChatMessage, agentId: string, partner: Partner, attempt = 0) {
  return store.recordRouting(message.id, attempt, aDecision(agentId), [], partner);
}

/** A conversation that the agent holds. */
async function heldBy(store: Store, agentId: string, partner: Partner = holding(agentId)): Promise<string> {
  const { message } = await say(store, newId(), 'My budget?');
  await route(store, message, agentId, partner);
  return message.conversationId;
}

const sessionOf = async (store: Store, conversationId: string) =>
  (await store.getConversation(conversationId))?.session;

export function describeSessions(context: Context): void {
  describe('sessions', () => {
    it('open with the first message that goes to an agent that holds them', async () => {
      const { store } = context;
      const first = await say(store, newId(), 'My budget?');
      expect(first).not.toHaveProperty('session');
      expect(first).not.toHaveProperty('sessionChange');
      const { conversationId } = first.message;

      const routed = await route(store, first.message, 'finance', holding());

      const session = await sessionOf(store, conversationId);
      expect(session).toMatchObject({ agentId: 'finance', agentName: 'finance', group: 'finance' });
      expect(routed).toMatchObject({ outcome: 'routed', session });
      const conversation = await store.getConversation(conversationId);
      expect(Conversation.parse(conversation)).toEqual(conversation);
      expect(session?.expiresAt).toBe(new Date(Date.parse(session?.since ?? '') + HOUR_MS).toISOString());
    });

    it('go on with each message, which carries them to the broker, and live longer by it', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const before = await sessionOf(store, conversationId);
      await nextMillisecond();

      const next = await say(store, conversationId);

      expect(next.session).toEqual(hint('finance', true));
      expect(next.sessionChange).toMatchObject({ agentId: 'finance', since: before?.since });
      expect(await entryOf(store, next.message.id)).toEqual({
        message: next.message,
        session: hint('finance', true),
        attempt: 0,
      });
      const after = await sessionOf(store, conversationId);
      expect(Date.parse(after?.expiresAt ?? '')).toBeGreaterThan(Date.parse(before?.expiresAt ?? ''));
      expect(await route(store, next.message, 'finance', holding())).not.toHaveProperty('session');
    });

    it('are listed with the conversations', async () => {
      const { store } = context;
      const ownerId = newId();
      const sender = { kind: 'user', id: ownerId, name: 'Ada' } as const;
      const { message } = await store.accept(anInput({ sender }, ownerId));
      await route(store, message, 'finance', holding());
      const [listed] = await store.listConversations(ownerId, { limit: 10 });
      expect(listed?.session).toEqual(await sessionOf(store, message.conversationId));
      expect(listed?.session).toBeDefined();
      const [found] = await store.listConversations(ownerId, { limit: 10, search: 'budget' });
      expect(found?.session).toEqual(listed?.session);
    });

    it('close with END in the same write; END still goes to the agent, and the next message to nobody', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');

      const end = await say(store, conversationId, 'END');

      expect(end).toMatchObject({ session: hint('finance', true, true), sessionChange: null });
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      expect((await entryOf(store, end.message.id))?.session).toEqual(hint('finance', true, true));
      // What becomes of END itself does not open it again.
      await route(store, end.message, 'finance', holding());
      await store.storeReply(aReply(end.message, 'finance', { text: 'Good-bye.' }));
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      const next = await say(store, conversationId);
      expect(next).not.toHaveProperty('session');
      expect(next).not.toHaveProperty('sessionChange');
    });

    it.each([
      ['a target', { target: { agentId: 'hr' } }, 'END'],
      ['a mention', {}, '@HR END'],
    ])('stay open when END is addressed to another agent by %s', async (_, more, text) => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const end = await store.accept({ ...anInput({ conversationId, text }), ...more, isSessionEnd: true });
      expect(end.session).toEqual(hint('finance', true));
      expect(await sessionOf(store, conversationId)).toBeDefined();
    });

    it.each([
      ['its id', { target: { agentId: 'finance' } }, 'END'],
      ['its name', { target: { agentName: 'Finance' } }, 'END'],
      ['its group', { target: { group: 'finance' } }, 'END'],
      ['a mention', {}, '@Finance END'],
    ])('close when END is addressed to the agent by %s', async (_, more, text) => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const end = await store.accept({ ...anInput({ conversationId, text }), ...more, isSessionEnd: true });
      expect(end).toMatchObject({ session: { isEnding: true }, sessionChange: null });
    });

    it('close once when END is sent twice, and stay open when it is refused', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const end = { ...anInput({ conversationId, text: 'END' }), isSessionEnd: true };
      await expect(store.accept({ ...end, ownerId: 'eve' })).rejects.toMatchObject({ code: 'forbidden' });
      expect(await sessionOf(store, conversationId)).toBeDefined();
      const outcomes = await Promise.all([store.accept(end), store.accept(end)]);
      expect(outcomes.filter(({ sessionChange }) => sessionChange === null)).toHaveLength(1);
    });

    it('carry END as any other message where nobody holds the conversation', async () => {
      const { store } = context;
      const end = await say(store, newId(), 'END');
      expect(end).not.toHaveProperty('session');
      await route(store, end.message, 'helios', passing('helios'));
      const again = await say(store, end.message.conversationId, 'END');
      expect(again.session).toEqual(hint('helios', false));
      expect(again).not.toHaveProperty('sessionChange');
    });

    it('are not opened again by a message that was accepted before END and is routed after it', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const late = await say(store, conversationId);
      await say(store, conversationId, 'END');
      expect(await route(store, late.message, 'finance', holding())).not.toHaveProperty('session');
      expect(await sessionOf(store, conversationId)).toBeUndefined();
    });

    it('move to the agent that a message goes to when it holds sessions', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const { message } = await say(store, conversationId);
      expect(await route(store, message, 'hr', holding('hr'))).toMatchObject({ session: { agentId: 'hr' } });
      expect((await say(store, conversationId)).session).toEqual(hint('hr', true));
    });

    it('stay as they are when a message goes to an agent that holds none', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const before = await sessionOf(store, conversationId);
      const { message } = await say(store, conversationId);
      expect(await route(store, message, 'helios', passing('helios'))).not.toHaveProperty('session');
      expect(await sessionOf(store, conversationId)).toMatchObject({ since: before?.since });
      expect((await say(store, conversationId)).session).toEqual(hint('finance', true));
    });

    it('go on since when they began with another instance of the same agent', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const before = await sessionOf(store, conversationId);
      const { message } = await say(store, conversationId);
      await store.recordRouting(message.id, 0, aDecision('finance'), [], holding());
      const entry = await store.reopen(message.id, 'finance');
      expect(entry).toMatchObject({ attempt: 1, session: hint('finance', true) });
      await nextMillisecond();
      expect(await route(store, message, 'finance-2', holding('finance'), 1)).toMatchObject({
        session: { agentId: 'finance-2', group: 'finance', since: before?.since },
      });
      expect((await say(store, conversationId)).session).toEqual(hint('finance-2', true, false, 'finance'));
    });

    it('travel with a message that is routed again and one that is replayed', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance');
      const { message } = await say(store, conversationId);
      await route(store, message, 'finance', holding());
      const reopened = await store.reopen(message.id, 'finance');
      expect(reopened?.session).toEqual(hint('finance', true));
      expect(await entryOf(store, message.id)).toEqual(reopened);
      await store.fail(aFailure(message.id, 'dead_lettered'));
      expect((await store.revive(message.id))?.session).toEqual(hint('finance', true));
    });

    it('are over some time after the last message', async () => {
      const { store } = context;
      const conversationId = await heldBy(store, 'finance', holding('finance', 1));
      await nextMillisecond();
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      const next = await say(store, conversationId);
      expect(next).not.toHaveProperty('session');
      expect(next.sessionChange).toBeNull();
      expect(await say(store, conversationId)).not.toHaveProperty('sessionChange');
      // Routed afresh, it may open one again.
      expect(await route(store, next.message, 'hr', holding('hr'))).toMatchObject({
        session: { agentId: 'hr' },
      });
    });

    it('live no longer by what agents say', async () => {
      const { store } = context;
      const { message } = await say(store, newId());
      const routed = await route(store, message, 'finance', holding());
      await nextMillisecond();
      await store.storeReply(aReply(message, 'finance'));
      expect(await sessionOf(store, message.conversationId)).toEqual('session' in routed && routed.session);
    });

    it('tell who had the last message where nobody holds the conversation', async () => {
      const { store } = context;
      const { message } = await say(store, newId());
      await route(store, message, 'helios', passing('helios'));
      const { conversationId } = message;
      expect(await sessionOf(store, conversationId)).toBeUndefined();
      const next = await say(store, conversationId);
      expect(next.session).toEqual(hint('helios', false));
      expect(next).not.toHaveProperty('sessionChange');
      await route(store, next.message, 'ceres', passing('ceres'));
      expect((await say(store, conversationId)).session).toEqual(hint('ceres', false));
    });

    it('are left alone by a decision that says nothing of the agent, and by one that comes second', async () => {
      const { store } = context;
      const { message } = await say(store, newId());
      await store.recordRouting(message.id, 0, aDecision('finance'), []);
      expect(await route(store, message, 'hr', holding('hr'))).toMatchObject({ outcome: 'repeated' });
      expect(await sessionOf(store, message.conversationId)).toBeUndefined();
      expect(await say(store, message.conversationId)).not.toHaveProperty('session');
    });

    it('never mix, whatever two people write at the same time in two processes', async () => {
      const stores = [context.store, await context.open()];
      const agents = ['finance', 'hr'] as const;
      const people = Array.from({ length: 20 }, (_, index) => {
        const agentId = index % 2 === 0 ? agents[0] : agents[1];
        return { agentId, conversationId: newId(), ownerId: newId() };
      });
      const tell = (index: number, store: Store | undefined) => {
        const person = people[index];
        if (person === undefined || store === undefined) throw new Error('no such person');
        const { conversationId, ownerId } = person;
        const sender = { kind: 'user', id: ownerId, name: 'x' } as const;
        return store.accept(anInput({ conversationId, sender }, ownerId));
      };
      await Promise.all(
        people.map(async ({ agentId }, index) => {
          const store = stores[index % 3 === 0 ? 1 : 0];
          const { message } = await tell(index, store);
          await stores[index % 5 === 0 ? 1 : 0]?.recordRouting(
            message.id,
            0,
            aDecision(agentId),
            [],
            holding(agentId),
          );
        }),
      );
      const next = await Promise.all(people.map((_, index) => tell(index, stores[index % 2])));
      expect(next.map(({ session }) => session)).toEqual(people.map(({ agentId }) => hint(agentId, true)));
    });

    it('outlive the process', async () => {
      const conversationId = await heldBy(context.store, 'finance');
      const other = await context.open();
      expect((await say(other, conversationId)).session).toEqual(hint('finance', true));
    });
  });
}

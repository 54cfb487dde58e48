import { describe, expect, it } from '@jest/globals';
import { type ChannelName, newId, type PublishedEvent } from '@parley/shared-models';
import type { LoggedEvent } from '../src/ports/events.ts';
import type { Context } from './store-fixture.ts';

function anEvent(fields: Partial<PublishedEvent> = {}): PublishedEvent {
  return {
    id: newId(),
    type: 'order_requested',
    payload: { product: 'Laptop', quantity: 1 },
    source: { kind: 'user', id: 'ada', name: 'Ada' },
    at: '2026-01-31T09:30:00.000Z',
    ...fields,
  };
}
const typesOf = (events: readonly LoggedEvent[]): string[] => events.map(({ event }) => event.type);

export function describeEvents(context: Context): void {
  const append = async (event: PublishedEvent, channel: ChannelName = 'human', isForOutbox = false) =>
    context.store.events.append({ channel, event }, { isForOutbox });
  /** The outbox entries of these events; others may be there from other tests. */
  const take = async (ids: readonly string[], leaseMs = 0): Promise<string[]> =>
    (await context.store.events.takeUnpublished({ limit: 10_000, olderThanMs: 0, leaseMs }))
      .map(({ event }) => event.id)
      .filter((id) => ids.includes(id));

  describe('the log of channels', () => {
    it('keeps an event as it was published', async () => {
      const event = anEvent({ correlationId: newId(), causationId: newId(), payload: { Größe: [1, null] } });
      const { logged, isDuplicate } = await append(event);
      expect(isDuplicate).toBe(false);
      expect(logged).toEqual({ number: expect.any(Number), channel: 'human', event });
      const found = await context.store.events.list({ correlationId: event.correlationId, limit: 10 });
      expect(found).toEqual([logged]);
    });

    it('keeps NUL and halves of surrogate pairs out of texts and keys, and the event among its threads', async () => {
      const [id, type, ownerId] = [newId(), `asked.${newId()}`, newId()];
      const odd = 'a\u0000b\uD83D';
      const payload = { [odd]: { [`\\u0000 ${odd}`]: [odd, '\\ud83d 😀'] } };
      const event = anEvent({
        id,
        type,
        payload,
        causationId: newId(),
        source: { kind: 'agent', id: odd, name: odd },
      });
      const { logged } = await context.store.events.append({ channel: 'human', event, ownerId });
      const kept = 'a\uFFFDb\uFFFD';
      expect(logged.event).toMatchObject({
        payload: { [kept]: { [`\\u0000 ${kept}`]: [kept, '\\ud83d 😀'] } },
        source: { id: kept, name: kept },
      });
      expect(
        (await context.store.events.listThreads({ type, ownerId, limit: 2 })).map(({ first }) => first),
      ).toEqual([logged]);
    });

    it('keeps one event for each id: the one logged first stands', async () => {
      const event = anEvent();
      const first = await append(event);
      const again = await append({ ...event, payload: 'changed' }, 'agents', true);
      expect(again).toEqual({ logged: first.logged, isDuplicate: true });
      expect(await take([event.id])).toEqual([]);
    });

    it('finds an event by its id', async () => {
      const { logged } = await append(anEvent());
      expect(await context.store.events.get(logged.event.id)).toEqual(logged);
      expect(await context.store.events.get(newId())).toBeUndefined();
    });

    it('keeps one also when it is appended twice at the same moment', async () => {
      const event = anEvent();
      const another = await context.open();
      const outcomes = await Promise.all([
        append(event),
        another.events.append({ channel: 'human', event }),
        append(event),
      ]);
      expect(outcomes.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
      expect(new Set(outcomes.map(({ logged }) => logged.number)).size).toBe(1);
    });

    it('lists what belongs to one message or event, itself included, oldest first', async () => {
      const id = newId();
      await append(anEvent({ id, type: 'order_requested' }));
      await append(anEvent({ type: 'unrelated', correlationId: newId() }), 'agents');
      await append(anEvent({ type: 'order_created', correlationId: id }), 'agents');
      await append(anEvent({ type: 'notification', correlationId: id }));
      const list = (query: object) => context.store.events.list({ correlationId: id, limit: 10, ...query });
      expect(typesOf(await list({}))).toEqual(['order_requested', 'order_created', 'notification']);
      expect(typesOf(await list({ channel: 'agents' }))).toEqual(['order_created']);
      expect(typesOf(await list({ types: ['notification', 'order_requested'] }))).toEqual([
        'order_requested',
        'notification',
      ]);
    });

    it('lists the last events of a channel, and those before them', async () => {
      const types = ['one', 'two', 'three', 'four'];
      for (const type of types) await append(anEvent({ type }), 'agents');
      const last = await context.store.events.list({ channel: 'agents', limit: 2 });
      expect(typesOf(last)).toEqual(['three', 'four']);
      const beforeNumber = last[0]?.number;
      expect(typesOf(await context.store.events.list({ channel: 'agents', beforeNumber, limit: 2 }))).toEqual(
        ['one', 'two'],
      );
    });

    it("lists a person's own events, however many of others come after them", async () => {
      const [ada, bob] = [newId(), newId()];
      const own = (ownerId: string, type: string) =>
        context.store.events.append({ channel: 'human', event: anEvent({ type }), ownerId });
      const first = await own(ada, 'one');
      await own(ada, 'two');
      for (let count = 0; count < 5; count++) await own(bob, 'other');
      await append(anEvent({ type: "nobody's" }));
      const list = (query: object) => context.store.events.list({ limit: 2, ownerId: ada, ...query });
      expect(first.logged.ownerId).toBe(ada);
      expect(typesOf(await list({}))).toEqual(['one', 'two']);
      expect(typesOf(await list({ types: ['two'], channel: 'human' }))).toEqual(['two']);
      expect(await list({ channel: 'agents' })).toEqual([]);
      expect(await list({ correlationId: first.logged.event.id })).toEqual([first.logged]);
      expect(await list({ correlationId: first.logged.event.id, ownerId: bob })).toEqual([]);
    });

    it('lists threads: each first event of a type with all that followed from it', async () => {
      const [ownerId, correlationId] = [newId(), newId()];
      const type = `asked.${newId()}`;
      const log = async (more: Partial<PublishedEvent>, owner = ownerId) => {
        const event = anEvent({ correlationId, ...more });
        return (await context.store.events.append({ channel: 'human', event, ownerId: owner })).logged;
      };
      const first = await log({ type, causationId: correlationId });
      const second = await log({ type, causationId: correlationId });
      const relayed = await log({ type, causationId: first.event.id });
      const others = await log({ type, correlationId: newId() }, newId());
      const made = await log({ type: 'made', causationId: relayed.event.id });
      await log({ type: 'unrelated' });
      const list = (query: object) =>
        context.store.events.listThreads({ type, ownerId, limit: 10, ...query });
      const [newer, older] = [
        { first: second, events: [second] },
        { first, events: [first, relayed, made] },
      ];
      expect(await list({})).toEqual([newer, older]);
      expect(await list({ limit: 1 })).toEqual([newer]);
      expect(await list({ beforeNumber: second.number })).toEqual([older]);
      expect((await list({ ownerId: undefined })).map((thread) => thread.first)).toEqual([
        others,
        second,
        first,
      ]);
      expect(await list({ type: 'unheard' })).toEqual([]);
    });

    it('gives what still has to reach its channel in order, to one taker for the time of the lease', async () => {
      const events = [anEvent(), anEvent(), anEvent()];
      for (const event of events) await append(event, 'human', true);
      const ids = events.map(({ id }) => id);
      expect(await take(ids, 60_000)).toEqual(ids);
      expect(await take(ids, 60_000)).toEqual([]);
    });

    it('gives it again after the lease, until it is marked as published', async () => {
      const event = anEvent();
      await append(event, 'human', true);
      expect(await take([event.id])).toEqual([event.id]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await take([event.id])).toEqual([event.id]);
      await context.store.events.markPublished([event.id, newId()]);
      expect(await take([event.id])).toEqual([]);
    });

    it('outlives the process', async () => {
      const event = anEvent({ correlationId: newId() });
      await append(event, 'human', true);
      const another = await context.open();
      const found = await another.events.list({ correlationId: event.correlationId, limit: 1 });
      expect(found.map((logged) => logged.event)).toEqual([event]);
    });
  });
}

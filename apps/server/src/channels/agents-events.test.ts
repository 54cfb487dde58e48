import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventEnvelope } from '@parley/messaging';
import { AgentProfile, type ChannelName, newId, type PublishedEvent } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createChannelLogHandler } from './channel-log.ts';
import { createEventHandlers } from './list-events.ts';

let fixture: ServicesFixture;
beforeEach(async () => {
  fixture = await makeServices();
});
afterEach(() => fixture.remove());

const anEvent = (fields: Partial<PublishedEvent> = {}): PublishedEvent => ({
  id: newId(),
  type: 'note',
  payload: 'What happened',
  source: { kind: 'user', id: 'ada', name: 'Ada' },
  at: new Date().toISOString(),
  ...fields,
});
const logged = (id: string) => fixture.store.events.get(id);

describe('the past of a channel, for an agent', () => {
  /** Lists for an agent with these subscriptions. */
  async function as(subscriptions: AgentProfile['subscriptions']) {
    const { incarnation } = await fixture.services.agents.register({
      agentId: 'reader',
      isExclusive: true,
      instanceId: newId(),
      profile: AgentProfile.parse({ name: 'Reader', group: 'reader', subscriptions }),
    });
    const { listEvents } = createEventHandlers(fixture.services);
    return async (channel: ChannelName, types?: readonly string[]): Promise<string[]> =>
      (await listEvents({ agentId: 'reader', incarnation, channel, types, limit: 10 })).map(
        ({ type }) => type,
      );
  }
  beforeEach(async () => {
    for (const type of ['note', 'salary', 'note'])
      await fixture.store.events.append({ channel: 'human', event: anEvent({ type }) });
    await fixture.store.events.append({ channel: 'agents', event: anEvent({ type: 'note' }) });
  });

  it('has only the types that it has subscribed to', async () => {
    const list = await as([{ channel: 'human', types: ['note', 'news'] }]);
    expect(await list('human')).toEqual(['note', 'note']);
    expect(await list('human', ['salary', 'note'])).toEqual(['note', 'note']);
  });

  it('has all types of a channel where it has subscribed to all', async () => {
    const list = await as([{ channel: 'human', types: [] }]);
    expect(await list('human')).toEqual(['note', 'salary', 'note']);
    expect(await list('human', ['salary'])).toEqual(['salary']);
  });

  it.each<[string, AgentProfile['subscriptions']]>([
    ['without subscriptions', undefined],
    ['with subscriptions to nothing', []],
    ['with a subscription to other events', [{ channel: 'human', types: ['note'] }]],
    ['with a subscription to another channel', [{ channel: 'agents', types: [] }]],
  ])('is refused to one %s', async (_, subscriptions) => {
    const list = await as(subscriptions);
    await expect(list('human', ['salary'])).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('the source of an event', () => {
  let arrives: (event: PublishedEvent) => Promise<void>;
  beforeEach(() => {
    const handle = createChannelLogHandler(fixture.services);
    arrives = (event) =>
      handle({ envelope: eventEnvelope('human', event), queue: 'channel_queue__server', redeliveries: 0 });
  });

  it.each(['user', 'system', 'external'] as const)(
    'is not believed to be a %s where no server has taken the event',
    async (kind) => {
      const event = anEvent({ source: { kind, id: 'ada', name: 'Ada' } });
      await expect(arrives(event)).rejects.toMatchObject({ reason: 'malformed_message' });
      expect(await logged(event.id)).toBeUndefined();
    },
  );

  it('is the person from whom a server has taken it, whatever comes under its id', async () => {
    const event = anEvent();
    await fixture.store.events.append({ channel: 'human', event, ownerId: 'ada' }, { isForOutbox: true });
    await arrives({ ...event, payload: 'changed', source: { kind: 'user', id: 'bob', name: 'Bob' } });
    expect(await logged(event.id)).toMatchObject({ event, ownerId: 'ada' });
  });

  it('has the name that its agent has registered', async () => {
    await fixture.register('echo');
    const event = anEvent({ source: { kind: 'agent', id: 'echo', name: 'Parley itself' } });
    await arrives(event);
    expect((await logged(event.id))?.event.source).toEqual({ kind: 'agent', id: 'echo', name: 'echo' });
  });
});

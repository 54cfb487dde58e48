import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, type PublishedEvent, Role, type ServerFrame, type User } from '@parley/shared-models';
import type { EventStore, LoggedEvent, Store } from '@parley/store';
import { type Ground, makeGround, silent } from '../../testing/server-fixture.ts';
import { type ChannelFollowers, type ChannelReader, createChannelFollowers } from './channel-followers.ts';

describe('who follows a channel', () => {
  let ground: Ground;
  let followers: ChannelFollowers;
  /** Called while the past is being read. */
  let meanwhile: () => Promise<void>;
  beforeEach(async () => {
    ground = await makeGround();
    meanwhile = async () => {};
    const list: EventStore['list'] = async (query) => {
      const past = await ground.store.events.list(query);
      await meanwhile();
      return past;
    };
    const store: Store = { ...ground.store, events: { ...ground.store.events, list } };
    followers = await createChannelFollowers({ serverId: 'one', store, bus: ground.bus, logger: silent });
  });
  afterEach(async () => {
    await followers.stop();
    await ground.remove();
  });

  const anEvent = (userId = 'ada'): PublishedEvent => ({
    id: newId(),
    type: 'note',
    payload: 1,
    source: { kind: 'user', id: userId, name: userId },
    at: new Date().toISOString(),
  });
  const log = async (event: PublishedEvent): Promise<LoggedEvent> => {
    const { id: ownerId } = event.source;
    return (await ground.store.events.append({ channel: 'human', event, ownerId })).logged;
  };
  const publish = async (event: PublishedEvent): Promise<void> => {
    await followers.deliver(await log(event));
  };
  function aReader(role: Role = 'operator', id = 'olga') {
    const seen: string[] = [];
    const user: User = { id, name: id, roles: [Role.parse(role)] };
    const reader: ChannelReader = {
      user,
      isOpen: () => true,
      send(text) {
        const frame = JSON.parse(text) as ServerFrame;
        if (frame.type === 'event') seen.push(frame.event.id);
      },
      flushed: async () => {},
    };
    return { reader, seen };
  }

  it('gets the past first, then each event that came while it was read, once', async () => {
    const [old, late, after] = [anEvent(), anEvent(), anEvent()];
    await log(old);
    meanwhile = () => publish(late);
    const { reader, seen } = aReader();
    await followers.follow(reader, 'human', 10);
    await publish(after);
    expect(seen).toEqual([old.id, late.id, after.id]);
  });

  it('gets the last of their own, however many of others came after them', async () => {
    const own = anEvent();
    await log(own);
    for (let count = 0; count < 3; count++) await log(anEvent('bob'));
    const { reader, seen } = aReader('member', 'ada');
    await followers.follow(reader, 'human', 1);
    expect(seen).toEqual([own.id]);
  });

  it('does not get an event of the past again that comes only now', async () => {
    const [during, later] = [anEvent(), anEvent()];
    const [loggedDuring, loggedLater] = [await log(during), await log(later)];
    meanwhile = () => followers.deliver(loggedDuring);
    const { reader, seen } = aReader('member', 'ada');
    await followers.follow(reader, 'human', 10);
    await followers.deliver(loggedLater);
    expect(seen).toEqual([during.id, later.id]);
  });

  it('gets no event that comes only now and is older than the last ones that were asked for', async () => {
    const [older, last, next] = [anEvent(), anEvent(), anEvent()];
    const loggedOlder = await log(older);
    await log(last);
    const { reader, seen } = aReader();
    await followers.follow(reader, 'human', 1);
    await followers.deliver(loggedOlder);
    await publish(next);
    expect(seen).toEqual([last.id, next.id]);
  });

  it('gets all that was logged since it began to follow, also when it asked again for fewer', async () => {
    const { reader, seen } = aReader();
    await followers.follow(reader, 'human', 0);
    const [late, last] = [anEvent(), anEvent()];
    const loggedLate = await log(late);
    await log(last);
    await followers.follow(reader, 'human', 1);
    await followers.deliver(loggedLate);
    expect(seen).toEqual([last.id, late.id]);
  });

  it('gets nothing more once it has left, also while the past was read', async () => {
    const { reader, seen } = aReader();
    meanwhile = async () => followers.unfollowAll(reader);
    await followers.follow(reader, 'human', 10);
    await publish(anEvent());
    expect(seen).toEqual([]);
  });
});

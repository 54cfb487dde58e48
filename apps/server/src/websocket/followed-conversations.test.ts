import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createTestReader, type TestReader } from '../../testing/test-reader.ts';
import { createFollowedConversations, type FollowedConversations } from './followed-conversations.ts';

describe('the conversations that a connection follows', () => {
  let fixture: ServicesFixture;
  let reader: TestReader;
  let followed: FollowedConversations;
  const conversationId = newId();

  beforeEach(async () => {
    fixture = await makeServices();
    reader = createTestReader();
    followed = createFollowedConversations(fixture.services.hub, reader);
  });
  afterEach(async () => {
    followed.stop();
    await fixture.remove();
  });
  const say = async (id = conversationId): Promise<void> =>
    fixture.services.hub.deliver(await fixture.accept('hello', { conversationId: id }));

  it('start over where the client says anew how far it is', async () => {
    for (let number = 0; number < 2; number++) await say();
    followed.follow(conversationId, 0);
    followed.follow(conversationId, 1);
    await reader.messages(1);
    await say();
    await reader.messages(2);
    expect(reader.seqs()).toEqual([2, 3]);
  });

  it('are left one by one', async () => {
    const other = newId();
    for (const id of [conversationId, other]) followed.follow(id, 0);
    followed.leave(conversationId);
    expect(followed.get(conversationId)).toBeUndefined();
    await say();
    await say(other);
    await reader.messages(1);
    expect(reader.frames).toMatchObject([{ message: { conversationId: other } }]);
  });

  it('are left together when the connection is closed, and none is followed after that', async () => {
    followed.follow(conversationId, 0);
    followed.stop();
    followed.follow(newId(), 0);
    followed.follow(conversationId, 0);
    expect(followed.get(conversationId)).toBeUndefined();
    fixture.services.hub.broadcast(conversationId, { type: 'session', conversationId, session: null });
    expect(reader.frames).toEqual([]);
  });
});

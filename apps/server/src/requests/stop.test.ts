import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentSignalKey, type ChatMessage, type MessageStatus, newId, Signals } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { stopAnswer } from './stop.ts';

describe('stopping an answer', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  async function statusOf({ id }: ChatMessage): Promise<MessageStatus> {
    const status = (await fixture.store.getMessage(id))?.status;
    if (status === undefined) throw new Error('the message is not stored');
    return status;
  }
  /** Resolves with the id of the first message that the agent shall stop to answer. */
  async function firstStopped(agentId: string): Promise<{ readonly messageId: Promise<string> }> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const signals = await fixture.bus.subscribe(`test_${newId()}`, ({ type, body }) => {
      if (type !== 'chat.cancel') return;
      resolve(Signals['chat.cancel'].parse(JSON.parse(Buffer.from(body).toString('utf8'))).messageId);
    });
    await signals.bind(agentSignalKey(agentId));
    return { messageId: promise };
  }

  it('ends a message that nobody was given, and it is given to nobody from then on', async () => {
    const request = await fixture.accept('tell me a long story');
    await stopAnswer(fixture.services, await statusOf(request));
    expect(await statusOf(request)).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(await fixture.give(request, 'storyteller')).toMatchObject({ outcome: 'refused', effects: [] });
  });

  it('tells the agent that has the message, and ends what does not end by itself', async () => {
    const request = await fixture.accept('tell me a long story');
    await fixture.give(request, 'storyteller');
    const stopped = await firstStopped('storyteller');
    await stopAnswer(fixture.services, await statusOf(request));
    expect(await stopped.messageId).toBe(request.id);
    expect((await statusOf(request)).status).toBe('failed');
  });

  it('tells an agent that was given the message after it was looked up', async () => {
    const request = await fixture.accept('tell me a long story');
    const found = await statusOf(request);
    await fixture.give(request, 'storyteller');
    const stopped = await firstStopped('storyteller');
    await stopAnswer(fixture.services, found);
    expect(await stopped.messageId).toBe(request.id);
    expect((await statusOf(request)).status).toBe('failed');
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aFailure, aReply } from '@parley/requests/testing';
import { type ChatMessage, newId, type ServerFrame } from '@parley/shared-models';
import { fail, reply } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createTestReader, type TestReader } from '../../testing/test-reader.ts';
import { applyEvent } from './apply-event.ts';

describe('what happens to a request', () => {
  let fixture: ServicesFixture;
  let request: ChatMessage;
  let reader: TestReader;
  beforeEach(async () => {
    fixture = await makeServices();
    request = await fixture.accept('hello');
    reader = createTestReader();
    reader.follow(fixture.services.hub, request.conversationId);
    await reader.messages(1);
  });
  afterEach(() => fixture.remove());

  const told = (type: ServerFrame['type']): ServerFrame[] =>
    reader.frames.filter((frame) => frame.type === type);

  it('is told to those that follow, with the reason where it will not be answered', async () => {
    await applyEvent(fixture.services, { type: 'failed', ...aFailure(request.id) });
    await reader.messages(2);
    expect(told('message').at(-1)).toMatchObject({
      message: { kind: 'ERROR', text: 'No agent is online.', inReplyTo: request.id },
    });
    expect(told('message.status')).toMatchObject([
      { messageId: request.id, status: 'failed', error: { code: 'no_agent_online' } },
    ]);
  });

  it.each(['an answer', 'a failure'])(
    'is told when it comes again, where the process that stored it told nobody: %s',
    async (name) => {
      await fixture.give(request, 'finance');
      const answer = aReply(request);
      if (name === 'an answer') await reply(fixture.store, answer);
      else await fail(fixture.store, aFailure(request.id, 'finance'));
      const again =
        name === 'an answer'
          ? ({ type: 'replied', ...answer } as const)
          : ({ type: 'failed', ...aFailure(request.id, 'finance') } as const);
      await applyEvent(fixture.services, again);
      await reader.messages(2);
      await reader.status(request.id, name === 'an answer' ? 'answered' : 'failed');
      expect(reader.seqs()).toEqual([1, 2]);
    },
  );

  it('lets in the next message of the conversation, whatever it is', async () => {
    const { services } = fixture;
    const opened: string[] = [];
    const sessionGate = { ...services.sessionGate, settled: (id: string) => void opened.push(id) };
    const unknown = newId();
    for (const requestId of [request.id, unknown])
      await applyEvent({ ...services, sessionGate }, { type: 'failed', ...aFailure(requestId) });
    expect(opened).toEqual([request.id, unknown]);
  });

  it('brings about nothing where the store cannot be reached', async () => {
    const { services } = fixture;
    const store = { ...services.store, apply: () => Promise.reject(new Error('away')) };
    const failure = { type: 'failed', ...aFailure(request.id) } as const;
    await expect(applyEvent({ ...services, store }, failure)).rejects.toThrow('away');
    expect(told('message.status')).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReply, speaker } from '@parley/requests/testing';
import { ASK_ORIGIN, type ChatMessage, newId } from '@parley/shared-models';
import { die, fail, loseAgent, settle } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createMemoryHandlers } from '../agents/memory-requests.ts';
import { applyEvent } from '../requests/apply-event.ts';
import { createAskHandlers } from './ask.ts';

describe('what the server does for an agent that answers', () => {
  let fixture: ServicesFixture;
  let handlers: ReturnType<typeof createAskHandlers>;
  let request: ChatMessage;
  const open = new AbortController();
  const asking = { agentId: 'hr', incarnation: 1 };
  const target = { agentName: 'finance' };

  beforeEach(async () => {
    fixture = await makeServices();
    handlers = createAskHandlers(fixture.services);
    for (const agentId of ['hr', 'finance', 'other']) await fixture.register(agentId);
    request = await fixture.accept('How much leave, and how much money?');
    await fixture.give(request, 'hr');
  });
  afterEach(() => fixture.remove());

  const ask = (more: Partial<Parameters<typeof handlers.ask>[0]> = {}, signal = open.signal) =>
    handlers.ask(
      { ...asking, requestId: request.id, id: newId(), target, text: 'left?', timeoutMs: 5000, ...more },
      { signal },
    );
  /** The other agent's side, which answers its messages by this. */
  const answer = async (id: string, text: string): Promise<void> => {
    const found = await untilStored(id);
    await fixture.give({ id }, 'finance');
    await applyEvent(fixture.services, { type: 'replied', ...aReply(found, 'finance', { text }) });
  };
  const untilStored = async (id: string): Promise<ChatMessage> => {
    for (;;) {
      const found = await fixture.store.getMessage(id);
      if (found !== undefined) return found.message;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('gives the history of a message in hand, and no more once that has ended', async () => {
    const history = { ...asking, requestId: request.id, limit: 10 };
    expect(await handlers.history(history)).toEqual([]);
    await settle(fixture.store, { requestId: request.id, from: speaker('hr'), hops: [] });
    await expect(handlers.history(history)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('brings a question to the other agent and its reply back', async () => {
    const id = newId();
    const asked = ask({ id });
    await answer(id, '€ 10');
    expect(await asked).toMatchObject({ kind: 'REPLY', text: '€ 10', inReplyTo: id });
    const question = await fixture.store.getMessage(id);
    expect(question).toMatchObject({
      ownerId: 'agent:hr',
      message: { sender: { kind: 'agent', id: 'hr' }, text: 'left?' },
    });
    expect(question?.message.metadata?.[ASK_ORIGIN]).toEqual({
      user: request.sender,
      chain: [{ agentId: 'hr', group: 'hr', requestId: request.id }],
    });
  });

  it('gives the same reply to the same question, whatever it says the second time', async () => {
    const id = newId();
    const asked = ask({ id });
    await answer(id, '€ 10');
    const reply = await asked;
    expect(await ask({ id, text: 'left, please?' })).toEqual(reply);
    expect((await fixture.store.getMessage(id))?.message.text).toBe('left?');
  });

  it('tells why there is no reply', async () => {
    const id = newId();
    const asked = ask({ id });
    await untilStored(id);
    const error = { code: 'agent_offline', message: 'Finance is offline.' } as const;
    await applyEvent(fixture.services, { type: 'failed', requestId: id, error, hops: [] });
    await expect(asked).rejects.toMatchObject({ ...error, details: { askId: id } });
  });

  it('waits for a reply as long as it was told', async () => {
    await expect(ask({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'agent_timeout' });
  });

  it('ends the wait, and nothing else, when the caller has gone', async () => {
    const gone = new AbortController();
    const id = newId();
    const asked = ask({ id }, gone.signal);
    await untilStored(id);
    gone.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect((await fixture.store.getMessage(id))?.status?.status).toBe('accepted');
  });

  it('stops a question that nobody wants answered any more, if it is the group’s own', async () => {
    const id = newId();
    const asked = ask({ id });
    await untilStored(id);
    await handlers.cancelAsk({ agentId: 'other', incarnation: 1, id });
    expect((await fixture.store.getMessage(id))?.status?.status).toBe('accepted');
    await handlers.cancelAsk({ ...asking, id });
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('stops a question that is taken back before it is stored', async () => {
    const id = newId();
    const asked = ask({ id });
    await handlers.cancelAsk({ ...asking, id });
    await expect(asked).rejects.toMatchObject({ code: 'cancelled', details: { askId: id } });
    expect((await fixture.store.getMessage(id))?.status?.status).toBe('failed');
  });

  it.each([
    ['a message of another agent', { agentId: 'other' }, 'forbidden'],
    ['no message', { requestId: newId() }, 'not_found'],
    ['a process that was replaced', { incarnation: 0 }, 'stale_incarnation'],
    ['an agent that is not registered', { agentId: 'nobody' }, 'not_registered'],
  ])('does nothing on behalf of %s', async (_, wrong, code) => {
    await expect(ask(wrong)).rejects.toMatchObject({ code });
    const history = { ...asking, requestId: request.id, limit: 10, ...wrong };
    await expect(handlers.history(history)).rejects.toMatchObject({ code });
  });

  it('does not take the message of a person for a question', async () => {
    await expect(ask({ id: request.id })).rejects.toMatchObject({ code: 'id_conflict' });
  });

  it('tells what was said before the message, and nothing after it', async () => {
    const { conversationId } = request;
    const second = await fixture.accept('And money?', { conversationId });
    await fixture.accept('Hello?', { conversationId });
    await fixture.give(second, 'hr');
    const history = { ...asking, requestId: second.id, limit: 10 };
    const texts = async (beforeSeq?: number) =>
      (await handlers.history({ ...history, beforeSeq })).map(({ text }) => text);
    expect(await texts()).toEqual(['How much leave, and how much money?']);
    expect(await texts(99)).toEqual(['How much leave, and how much money?']);
    expect(await texts(1)).toEqual([]);
  });

  it('keeps the memory of each group apart, whoever asks', async () => {
    const memory = createMemoryHandlers(fixture.services);
    const key = { subject: 'ada', key: 'left' };
    expect(await memory.putMemory({ ...asking, ...key, value: '1' })).toMatchObject({ version: 1 });
    const other = { agentId: 'other', incarnation: 1 };
    expect(await memory.getMemory({ ...other, ...key })).toMatchObject({ value: '', version: 0 });
    expect(await memory.deleteMemory({ ...asking, ...key, expectedVersion: 1 })).toBe(2);
    expect(await memory.getMemory({ ...asking, ...key })).toMatchObject({ isDeleted: true, version: 2 });
    expect(await memory.memoryHistory({ ...asking, ...key, limit: 100 })).toMatchObject([
      { version: 2, isDeleted: true },
      { version: 1, value: '1' },
    ]);
    await expect(memory.getMemory({ ...asking, incarnation: 0, ...key })).rejects.toMatchObject({
      code: 'stale_incarnation',
    });
  });

  describe('whether a message is still wanted', () => {
    const isWanted = (agentId = 'hr', incarnation = 1) =>
      handlers.isWanted({ agentId, incarnation, requestId: request.id });

    it('is so while the agent has it, and while nobody has it', async () => {
      expect(await isWanted()).toBe(true);
      await loseAgent(fixture.store, { requestId: request.id, agentId: 'hr' });
      expect(await isWanted()).toBe(true);
    });

    it.each(['failed', 'dead_lettered'] as const)(
      'is not so once it has %s, routed or not',
      async (status) => {
        const error = { code: 'no_agent_online', message: 'Nobody is there.' } as const;
        await loseAgent(fixture.store, { requestId: request.id, agentId: 'hr' });
        const ending = { requestId: request.id, error, hops: [] };
        if (status === 'failed') await fail(fixture.store, ending);
        else await die(fixture.store, { ...ending, where: 'unrouted' });
        expect(await isWanted()).toBe(false);
      },
    );

    it('is not so when another agent has it now, or when it is unknown', async () => {
      expect(await isWanted('finance')).toBe(false);
      expect(await handlers.isWanted({ ...asking, requestId: newId() })).toBe(false);
    });

    it('is told only to the agent that is registered now', async () => {
      await expect(isWanted('hr', 7)).rejects.toMatchObject({ code: 'not_registered' });
    });
  });
});

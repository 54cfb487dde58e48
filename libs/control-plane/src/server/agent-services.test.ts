import { describe, expect, it } from '@jest/globals';
import { AgentProfile, type ChatMessage, newId, ParleyError } from '@parley/shared-models';
import { onLoopback } from '../../testing/fixture.ts';

const CALLER = { agentId: 'echo', incarnation: 1 };

const aMessage = (fields: Partial<ChatMessage> = {}): ChatMessage => ({
  id: newId(),
  conversationId: newId(),
  seq: 1,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'ada', name: 'Ada' },
  text: 'Hello 👋',
  createdAt: '2026-01-31T12:00:00.000Z',
  ...fields,
});

describe('the services of the server for an agent', () => {
  const loopback = onLoopback();

  async function joined() {
    const { handlers, url } = await loopback.serve();
    const client = loopback.connect(url);
    await client.registerAgent({
      agentId: 'echo',
      isExclusive: true,
      instanceId: 'process 1',
      profile: AgentProfile.parse({ name: 'Echo', group: 'echo' }),
    });
    return { handlers, services: client.servicesFor(() => CALLER) };
  }
  const last = (handlers: { requests: readonly { rpc: string; request: object }[] }) =>
    handlers.requests.at(-1);

  it('keeps values, with the id that makes a change safe to repeat', async () => {
    const { handlers, services } = await joined();
    const address = { subject: 'ada', key: 'budget' };
    const never = { key: 'budget', value: '', version: 0, updatedAt: '', isDeleted: false, writeId: '' };
    expect(await services.getMemory({ ...address, writeId: 'w1' })).toEqual(never);
    expect(last(handlers)).toEqual({ rpc: 'getMemory', request: { ...CALLER, ...address, writeId: 'w1' } });
    const put = { ...address, value: '{"left":"€ 10"}', expectedVersion: 0, writeId: 'w1' };
    expect(await services.putMemory(put)).toEqual({
      key: 'budget',
      value: '{"left":"€ 10"}',
      version: 1,
      updatedAt: '2026-01-31T12:00:00.000Z',
      isDeleted: false,
      writeId: 'w1',
    });
    expect(last(handlers)).toEqual({ rpc: 'putMemory', request: { ...CALLER, ...put } });
    await services.putMemory({ subject: '', key: 'rate', value: '1' });
    expect(last(handlers)?.request).toEqual({
      ...CALLER,
      subject: '',
      key: 'rate',
      value: '1',
      expectedVersion: undefined,
      writeId: undefined,
    });
    expect(await services.deleteMemory({ ...address, expectedVersion: 1, writeId: 'w2' })).toBe(1);
    expect(last(handlers)?.request).toEqual({ ...CALLER, ...address, expectedVersion: 1, writeId: 'w2' });
  });

  it('says that a value has changed meanwhile', async () => {
    const { services } = await joined();
    const put = { subject: 'ada', key: 'budget', value: '1', expectedVersion: 4 };
    await expect(services.putMemory(put)).rejects.toMatchObject({
      code: 'id_conflict',
      details: { version: 0 },
    });
  });

  it.each([
    ['a value that is no JSON', { value: 'budget' }, 'value'],
    ['a value that is too long', { value: `"${'a'.repeat(262_143)}"` }, 'value'],
    ['no key', { key: '' }, 'key.key'],
    ['a subject with a NUL', { subject: '\u0000' }, 'key.subject'],
  ])('refuses %s', async (_, wrong, path) => {
    const { services } = await joined();
    const put = { subject: 'ada', key: 'budget', value: '1', ...wrong };
    await expect(services.putMemory(put)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { path },
    });
  });

  it('gives a history that is larger than one message may be in parts, the newest first', async () => {
    const { services } = await joined();
    const value = `"${'é'.repeat(120_000)}"`;
    for (let version = 1; version <= 9; version++) {
      await services.putMemory({ subject: 'ada', key: 'budget', value });
    }
    const ofKey = { subject: 'ada', key: 'budget', limit: 100 };
    const pages = [await services.memoryHistory(ofKey)];
    for (let last = pages[0]?.at(-1); last !== undefined && last.version > 1; last = pages.at(-1)?.at(-1))
      pages.push(await services.memoryHistory({ ...ofKey, beforeVersion: last.version }));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat().map(({ version }) => version)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const some = await services.memoryHistory({
      subject: 'ada',
      key: 'budget',
      limit: 2,
      beforeVersion: 9,
    });
    expect(some.map(({ version }) => version)).toEqual([8, 7]);
  });

  it('gives what was said in a conversation, as it was said', async () => {
    const { handlers, services } = await joined();
    const requestId = newId();
    handlers.said = [
      aMessage(),
      aMessage({
        seq: 2,
        kind: 'REPLY',
        sender: { kind: 'agent', id: 'echo', name: 'Echo' },
        receiver: { kind: 'user', id: 'ada', name: 'Ada' },
        inReplyTo: requestId,
        metadata: { cited: ['page 4'], isStopped: true },
      }),
    ];
    expect(await services.history({ requestId, limit: 20, beforeSeq: 3 })).toEqual(handlers.said);
    expect(last(handlers)?.request).toEqual({ ...CALLER, requestId, limit: 20, beforeSeq: 3 });
  });

  it('leaves out the oldest messages where all would not fit', async () => {
    const { handlers, services } = await joined();
    handlers.said = Array.from({ length: 40 }, (_, index) =>
      aMessage({ seq: index + 1, text: '€'.repeat(20_000) }),
    );
    const seqs = (await services.history({ requestId: newId(), limit: 40 })).map(({ seq }) => seq);
    expect(seqs.length).toBeGreaterThan(10);
    expect(seqs.at(-1)).toBe(40);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  it.each([{ agentName: 'Finance' }, { agentId: 'finance-2' }, { group: 'finance' }])(
    'asks %j and brings the reply',
    async (target) => {
      const { handlers, services } = await joined();
      const reply = aMessage({ kind: 'REPLY', text: '€ 10' });
      handlers.answer = async () => reply;
      const ask = { requestId: newId(), id: newId(), text: 'What is left?', timeoutMs: 500 };
      expect(await services.ask({ ...ask, target })).toEqual(reply);
      expect(last(handlers)?.request).toEqual({ ...CALLER, ...ask, target });
    },
  );

  it('waits for a reply longer than for any other answer', async () => {
    const { handlers, url } = await loopback.serve();
    const client = loopback.connect(url, { deadlines: { callMs: 500 } });
    const services = client.servicesFor(() => CALLER);
    await client.registerAgent({
      agentId: 'echo',
      isExclusive: true,
      instanceId: 'process 1',
      profile: {
        name: 'Echo',
        group: 'echo',
        description: '',
        capabilities: [],
        keywords: [],
        examples: [],
        concurrency: 1,
      },
    });
    const reply = aMessage({ kind: 'REPLY' });
    const held = Promise.withResolvers<ChatMessage>();
    handlers.answer = () => held.promise;
    handlers.history = async () => [await held.promise];
    const ask = { requestId: newId(), id: newId(), text: 'x', timeoutMs: 30_000, target: { group: 'hr' } };
    const asked = services.ask(ask);
    await handlers.next('ask');
    // Another answer, asked for later, is waited for no longer: the reply has waited longer than that.
    await expect(services.history({ requestId: newId(), limit: 1 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    held.resolve(reply);
    await expect(asked).resolves.toEqual(reply);
  });

  it.each(['ask_loop', 'ask_depth', 'agent_timeout', 'agent_offline', 'cancelled'] as const)(
    'tells that a question came to %s',
    async (code) => {
      const { handlers, services } = await joined();
      handlers.answer = async () => {
        throw new ParleyError(code, 'no', { details: { askId: 'x' } });
      };
      const ask = { requestId: newId(), id: newId(), text: 'x', timeoutMs: 500, target: { group: 'hr' } };
      await expect(services.ask(ask)).rejects.toMatchObject({ code, details: { askId: 'x' } });
    },
  );

  it('tells the server when nobody waits for a reply any more, and when nobody wants it', async () => {
    const { handlers, services } = await joined();
    const open = Promise.withResolvers<ChatMessage>();
    handlers.answer = () => open.promise;
    const halt = new AbortController();
    const id = newId();
    const asked = handlers.next('ask');
    const ask = services.ask(
      { requestId: newId(), id, text: 'x', timeoutMs: 60_000, target: { group: 'hr' } },
      halt.signal,
    );
    await asked;
    const gone = handlers.next('ask gone');
    halt.abort();
    await expect(ask).rejects.toMatchObject({ code: 'cancelled' });
    await gone;
    open.reject(new ParleyError('cancelled', 'gone'));
    await services.cancelAsk({ id });
    expect(last(handlers)).toEqual({ rpc: 'cancelAsk', request: { ...CALLER, id } });
  });

  it('tells whether a message still waits for its end', async () => {
    const { services, handlers } = await joined();
    const requestId = newId();
    expect(await services.isWanted({ requestId })).toBe(true);
    expect(last(handlers)).toEqual({ rpc: 'isWanted', request: { ...CALLER, requestId } });
  });
});

import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId, ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentMemory } from '../agent-memory.ts';
import { createInMemoryAccess, type InMemoryAccess } from '../testing/in-memory-access.ts';
import { createMemory } from './create-memory.ts';

const Budget = z.object({ left: z.number() });

describe('the memory in a context', () => {
  let access: InMemoryAccess;
  let requestId: string;
  let abort: AbortController;
  beforeEach(() => {
    access = createInMemoryAccess();
    requestId = newId();
    abort = new AbortController();
  });
  /** The memory for one try at a message; the same request again is a redelivery. */
  const open = (more: { subject?: string; group?: string; requestId?: string } = {}): AgentMemory =>
    createMemory({
      services: access,
      subject: 'ada',
      group: 'finance',
      requestId,
      signal: abort.signal,
      ...more,
    });
  const next = (): AgentMemory => open({ requestId: newId() });

  it('knows nothing at first', async () => {
    const memory = open();
    expect(await memory.get('budget')).toBeUndefined();
    expect(await memory.get('budget', Budget)).toBeUndefined();
    expect(await memory.read('budget', Budget)).toEqual({ value: undefined, version: 0 });
    expect(await memory.history('budget')).toEqual([]);
  });

  it('gives back what was put, as it is or as the schema has it', async () => {
    const value = { left: 10, currency: '€' };
    expect(await open().put('budget', value)).toEqual({ value, version: 1 });
    expect(await next().get('budget')).toEqual({ left: 10, currency: '€' });
    expect(await next().read('budget', Budget)).toEqual({ value: { left: 10 }, version: 1 });
  });

  it('fails with a text for people where the remembered value has another shape', async () => {
    await open().put('budget', { left: 'much' });
    await expect(next().get('budget', Budget)).rejects.toMatchObject({
      code: 'agent_failed',
      message: expect.stringContaining('"budget"'),
    });
  });

  it('refuses values that JSON cannot represent', async () => {
    await expect(open().put('when', new Date() as never)).rejects.toMatchObject({ code: 'agent_failed' });
    expect(access.values('ada')).toEqual({});
  });

  it('puts onto the version that is expected, or not at all', async () => {
    await open().put('budget', 1);
    await expect(next().put('budget', 2, { expectedVersion: 0 })).rejects.toMatchObject({
      code: 'id_conflict',
    });
    expect(await next().put('budget', 2, { expectedVersion: 1 })).toEqual({ value: 2, version: 2 });
    await expect(next().delete('budget', { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'id_conflict',
    });
  });

  it('changes a value once for each message, however often that is handled', async () => {
    const spend = async (memory: AgentMemory): Promise<number> => {
      const first = await memory.update('left', z.number(), (left = 100) => left - 10);
      const second = await memory.update('left', z.number(), (left = 0) => left - 1);
      return first * 1000 + second;
    };
    const told = await spend(open());
    expect(told).toBe(90_089);
    await next().update('left', z.number(), (left = 0) => left - 50);
    expect(await spend(open())).toBe(told);
    expect(access.values('ada')).toEqual({ left: 39 });
  });

  it('does not even compute a change again that was made', async () => {
    await open().update('left', z.number(), () => 5);
    const change = (): number => {
      throw new Error('there is not enough left');
    };
    expect(await open().update('left', z.number(), change)).toBe(5);
  });

  it('puts and deletes once for each message', async () => {
    await open().put('a', 1);
    await next().put('a', 2);
    expect(await open().put('a', 1)).toEqual({ value: 1, version: 1 });
    expect(access.values('ada')).toEqual({ a: 2 });
    const deletion = newId();
    await open({ requestId: deletion }).delete('a');
    await next().put('a', 3);
    await open({ requestId: deletion }).delete('a');
    expect(access.values('ada')).toEqual({ a: 3 });
  });

  it('changes again when another one was faster', async () => {
    await open().put('list', ['milk']);
    let rivals = 2;
    const put = access.putMemory;
    const racing: InMemoryAccess = {
      ...access,
      async putMemory(request) {
        if (request.writeId !== undefined && rivals > 0) {
          rivals -= 1;
          await put({ subject: 'ada', key: 'list', value: JSON.stringify(['milk', `rival ${rivals}`]) });
        }
        return put(request);
      },
    };
    const slow = createMemory({
      services: racing,
      subject: 'ada',
      group: 'finance',
      requestId: newId(),
      signal: abort.signal,
    });
    const list = await slow.update('list', z.array(z.string()), (before = []) => [...before, 'eggs']);
    expect(list).toEqual(['milk', 'rival 0', 'eggs']);
  });

  it('gives a history that comes in parts as one', async () => {
    for (let count = 0; count < 7; count++) await next().put('list', count);
    const inParts: InMemoryAccess = {
      ...access,
      memoryHistory: async (request) => (await access.memoryHistory(request)).slice(0, 3),
    };
    const memory = createMemory({
      services: inParts,
      subject: 'ada',
      group: 'finance',
      requestId,
      signal: abort.signal,
    });
    expect((await memory.history('list')).map(({ value }) => value)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect((await memory.history('list', { limit: 5 })).map(({ value }) => value)).toEqual([6, 5, 4, 3, 2]);
  });

  it('gives up a change that others keep overtaking when the answer is stopped', async () => {
    const overtaken: InMemoryAccess = {
      ...access,
      async putMemory() {
        abort.abort('cancelled');
        throw new ParleyError('id_conflict', 'too late');
      },
    };
    const memory = createMemory({
      services: overtaken,
      subject: 'ada',
      group: 'finance',
      requestId,
      signal: abort.signal,
    });
    await expect(memory.update('a', z.number(), () => 1)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells what it was before, newest first', async () => {
    await open().put('budget', 1);
    await next().put('budget', 2);
    await next().delete('budget');
    const history = await next().history('budget');
    expect(history.map(({ value, version }) => [value, version])).toEqual([
      [undefined, 3],
      [2, 2],
      [1, 1],
    ]);
    expect(await next().history('budget', { limit: 1 })).toHaveLength(1);
    expect(await next().get('budget')).toBeUndefined();
  });

  it('keeps people apart, and apart from what the group knows for itself', async () => {
    const memory = open();
    await memory.put('name', 'Ada');
    await memory.shared.put('name', 'Finance');
    await open({ subject: 'bob' }).put('name', 'Bob');
    expect(await next().get('name')).toBe('Ada');
    expect(await next().shared.get('name')).toBe('Finance');
    expect(memory.shared.shared).toBe(memory.shared);
    expect([access.values('ada'), access.values('bob'), access.values('')]).toEqual([
      { name: 'Ada' },
      { name: 'Bob' },
      { name: 'Finance' },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { LIMITS, newId } from '@parley/shared-models';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { record, settled, startClient, startPair, startServer, until } from '../testing/start-pair.ts';
import { localStorageAdapter } from './local-storage.ts';
import { memoryStorage } from './storage.ts';

const isWaiting = ({ state }: { state: string }) => state === 'waiting';

describe('sending', () => {
  it('makes the id of a new conversation and resolves with the acknowledgement', async () => {
    const { client, peer } = await startPair();
    const sent = client.send({ text: 'hi', target: { agentName: 'Echo' } });
    const frame = await peer.acknowledge(1);
    expect(frame).toEqual({
      type: 'message.send',
      id: sent.id,
      conversationId: sent.conversationId,
      text: 'hi',
      target: { agentName: 'Echo' },
    });
    const { id, conversationId } = sent;
    expect(await sent.accepted).toEqual({ type: 'ack', id, conversationId, seq: 1 });
    expect(client.outbox).toEqual([]);
  });

  it('waits for a connection, and is shown in the outbox meanwhile', async () => {
    const server = await startServer();
    const client = startClient(server);
    const changes = record(client, 'outbox');
    const first = client.send({ text: 'one' });
    const { conversationId } = first;
    client.send({ text: 'two', conversationId });
    expect(client.outbox.map(({ text, state }) => [text, state])).toEqual([
      ['one', 'queued'],
      ['two', 'queued'],
    ]);
    client.connect();
    const peer = await server.next();
    await peer.welcome();
    await peer.acknowledge(1);
    await peer.acknowledge(2);
    await settled(client, peer);
    expect(changes.map((items) => items.map(({ text, state }) => `${text} ${state}`))).toEqual([
      ['one queued', 'two queued'],
      ['one sending', 'two queued'],
      ['two sending'],
      [],
    ]);
  });

  it('holds a message back until the one before it in its conversation is acknowledged', async () => {
    const { client, peer } = await startPair();
    const first = client.send({ text: 'one' });
    client.send({ text: 'two', conversationId: first.conversationId });
    client.send({ text: 'elsewhere' });
    const one = await peer.take('message.send');
    const elsewhere = await peer.take('message.send');
    peer.send({ type: 'ack', id: one.id, conversationId: first.conversationId, seq: 1 });
    const two = await peer.take('message.send');
    expect([one.text, elsewhere.text, two.text]).toEqual(['one', 'elsewhere', 'two']);
  });

  it('has no more messages under way than it may', async () => {
    const { client, peer } = await startPair({ maxUnderWay: 2 });
    for (const text of ['one', 'two', 'three']) client.send({ text });
    client.requestAgents();
    const { id, conversationId = '' } = await peer.take('message.send');
    await peer.take('message.send');
    await peer.take('agents.request');
    peer.send({ type: 'ack', id, conversationId, seq: 1 });
    expect(await peer.take('message.send')).toMatchObject({ text: 'three' });
  });

  it.each([
    ['an empty text', { text: '' }],
    ['a text that is too long', { text: 'x'.repeat(LIMITS.textLength + 1) }],
    ['a text that fills more than a frame', { text: '\u0001'.repeat(LIMITS.textLength) }],
    ['two targets', { text: 'x', target: { agentId: 'a', group: 'b' } }],
    ['an id that is not a UUID', { text: 'x', id: '7' }],
  ])('rejects %s without sending it', async (_, input) => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const sent = client.send(input);
    await expect(sent.accepted).rejects.toMatchObject({ code: 'invalid_frame' });
    await expect(sent.answered).rejects.toMatchObject({ code: 'invalid_frame' });
    expect(errors).toEqual([
      expect.objectContaining({ code: 'invalid_frame', origin: 'client', inReplyTo: sent.id }),
    ]);
    await settled(client, peer);
    expect(peer.all).toHaveLength(1);
  });

  it('is one message when it is asked twice with the same id, and a conflict when the text differs', async () => {
    const { client, peer } = await startPair();
    const input = { id: newId(), conversationId: newId(), text: 'hi' };
    const [one, same, other] = [
      client.send(input),
      client.send(input),
      client.send({ ...input, text: 'ho' }),
    ];
    await expect(other.accepted).rejects.toMatchObject({ code: 'id_conflict' });
    await peer.acknowledge(1);
    expect(await one.accepted).toBe(await same.accepted);
    await settled(client, peer);
    expect(peer.all).toHaveLength(2);
  });
});

describe('a message without an acknowledgement', () => {
  it('is sent again with the same id on the next connection', async () => {
    const { client, peer, server } = await startPair();
    const sent = client.send({ text: 'hi' });
    const first = await peer.take('message.send');
    peer.socket.terminate();
    const next = await server.next();
    await next.welcome();
    expect(await next.acknowledge(1)).toEqual(first);
    await sent.accepted;
    expect(client.outbox).toEqual([]);
  });

  it('is sent again on the same connection when it stays away for too long', async () => {
    const { client, peer } = await startPair({ ackTimeoutMs: 20 });
    const sent = client.send({ text: 'hi' });
    const first = await peer.take('message.send');
    expect(await peer.acknowledge(1)).toEqual(first);
    await sent.accepted;
  });

  it('is sent again in its old place, and those after it follow in order', async () => {
    const { client, peer, server } = await startPair();
    const { conversationId } = client.send({ text: '1' });
    await peer.take('message.send');
    const waiting = until(client, 'connection', isWaiting);
    peer.socket.terminate();
    await waiting;
    for (const text of ['2', '3', '4']) client.send({ text, conversationId });
    const next = await server.next();
    await next.welcome();
    const texts: string[] = [];
    for (const seq of [1, 2, 3, 4]) texts.push((await next.acknowledge(seq)).text);
    expect(texts).toEqual(['1', '2', '3', '4']);
  });

  it('reaches the server at least once and in order, wherever the connections break', async () => {
    const server = await startServer();
    /** For each connection: how many messages the server takes, and whether the last acknowledgement gets lost. */
    const connections = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.boolean()), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(connections, async (script) => {
        const client = startClient(server);
        const { conversationId } = client.send({ text: '1' });
        for (const text of ['2', '3', '4', '5']) client.send({ text, conversationId });
        client.connect();
        const stored: string[] = [];
        const store = (id: string) => {
          if (!stored.includes(id)) stored.push(id);
          return stored.indexOf(id) + 1;
        };
        const order = client.outbox.map(({ id }) => id);
        for (const [count, losesLast] of [...script, [Number.POSITIVE_INFINITY, false] as const]) {
          const peer = await server.next();
          await peer.welcome();
          for (let taken = 0; taken < count && client.outbox.length > 0; taken++) {
            const { id } = await peer.take('message.send');
            const seq = store(id);
            if (losesLast && taken === count - 1) break;
            const isAcknowledged = until(client, 'ack', (ack) => ack.id === id);
            peer.send({ type: 'ack', id, conversationId, seq });
            await isAcknowledged;
          }
          if (count === Number.POSITIVE_INFINITY) break;
          const waiting = until(client, 'connection', isWaiting);
          peer.socket.terminate();
          await waiting;
        }
        expect(stored).toEqual(order);
        await client.close();
      }),
      { numRuns: runs(25) },
    );
  });
});

describe('a message that the server does not take', () => {
  it('is sent again after the time that the server asks for, and does not fail', async () => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const sent = client.send({ text: 'hi' });
    const { id } = await peer.take('message.send');
    const refused = until(client, 'outbox', ([item]) => item?.lastError !== undefined);
    const details = { retryAfterMs: 20 };
    peer.send({ type: 'error', code: 'rate_limited', message: 'slow down', details, inReplyTo: id });
    expect((await refused)[0]).toMatchObject({ state: 'queued', lastError: { code: 'rate_limited' } });
    expect((await peer.acknowledge(1)).id).toBe(id);
    await sent.accepted;
    expect(errors).toEqual([]);
  });

  it('is not overtaken by the messages after it, in any conversation', async () => {
    const { client, peer } = await startPair();
    const { id, conversationId } = client.send({ text: 'one' });
    client.send({ text: 'two', conversationId });
    await peer.take('message.send');
    const details = { retryAfterMs: 20 };
    peer.send({ type: 'error', code: 'rate_limited', message: 'slow down', details, inReplyTo: id });
    await until(client, 'outbox', ([item]) => item?.lastError !== undefined);
    client.send({ text: 'elsewhere' });
    expect((await peer.acknowledge(1)).text).toBe('one');
    const rest = [await peer.take('message.send'), await peer.take('message.send')];
    expect(rest.map(({ text }) => text).sort()).toEqual(['elsewhere', 'two']);
  });

  it.each(['unavailable', 'store_unavailable', 'bus_unavailable'] as const)(
    'is sent again, with waits of its own, after %s',
    async (code) => {
      const { client, peer } = await startPair();
      const sent = client.send({ text: 'hi' });
      for (let tries = 0; tries < 3; tries++) {
        const { id } = await peer.take('message.send');
        peer.send({ type: 'error', code, message: 'later', inReplyTo: id });
      }
      await peer.acknowledge(1);
      await sent.accepted;
    },
  );

  it('fails with the code of any other error, and the next one goes', async () => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const sent = client.send({ text: 'hi' });
    client.send({ text: 'next', conversationId: sent.conversationId });
    const { id } = await peer.take('message.send');
    peer.send({ type: 'error', code: 'forbidden', message: 'not yours', inReplyTo: id });
    await expect(sent.accepted).rejects.toMatchObject({ code: 'forbidden', message: 'not yours' });
    await expect(sent.answered).rejects.toMatchObject({ code: 'forbidden' });
    expect(errors).toEqual([expect.objectContaining({ code: 'forbidden', origin: 'server', inReplyTo: id })]);
    expect((await peer.acknowledge(1)).text).toBe('next');
  });

  it('stays accepted when an error about it comes after its acknowledgement', async () => {
    const { client, peer } = await startPair();
    const sent = client.send({ text: 'hi' });
    const { id, conversationId = '' } = await peer.acknowledge(1);
    await sent.accepted;
    peer.send({ type: 'error', code: 'not_found', message: 'nothing to stop', inReplyTo: id });
    await settled(client, peer);
    const error = { code: 'agent_failed', message: 'boom' };
    const status = 'failed';
    peer.send({ type: 'message.status', messageId: id, conversationId, status, hops: [], error });
    await expect(sent.answered).rejects.toMatchObject({ code: 'agent_failed' });
  });
});

describe('taking a message back', () => {
  it('removes it when it was never sent', async () => {
    const server = await startServer();
    const client = startClient(server);
    const sent = client.send({ text: 'oops' });
    client.send({ text: 'kept' });
    expect(client.cancel(sent.id)).toBe(true);
    await expect(sent.accepted).rejects.toMatchObject({ code: 'cancelled' });
    client.connect();
    const peer = await server.next();
    await peer.welcome();
    expect((await peer.take('message.send')).text).toBe('kept');
  });

  it('asks the server to stop when it was sent, acknowledged or not', async () => {
    const { client, peer } = await startPair();
    const { id } = client.send({ text: 'hi' });
    await peer.take('message.send');
    expect(client.cancel(id)).toBe(true);
    expect((await peer.take('message.cancel')).messageId).toBe(id);
    expect(client.outbox).toHaveLength(1);
  });
});

describe('messages in the storage', () => {
  it('is sent by the next client, in order, with the ids and conversations it had', async () => {
    const server = await startServer();
    const storage = localStorageAdapter({ storage: createFakeStorage() });
    const before = startClient(server, { storage });
    const first = before.send({ text: '1' });
    const second = before.send({ text: '2', conversationId: first.conversationId });
    await before.close();
    await expect(first.accepted).rejects.toMatchObject({ code: 'unavailable' });

    const after = startClient(server, { storage });
    after.connect();
    const peer = await server.next();
    await peer.welcome();
    const sent = [await peer.acknowledge(1), await peer.acknowledge(2)];
    expect(sent.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(new Set(sent.map(({ conversationId }) => conversationId))).toEqual(
      new Set([first.conversationId]),
    );
    await settled(after, peer);
    expect(storage.load()).toEqual([]);
  });

  it('follows the conversation of such a message from there on', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const before = startClient(server, { storage });
    const { conversationId } = before.send({ text: 'hi', conversationId: newId() });
    await before.close();
    const after = startClient(server, { storage });
    after.connect();
    const peer = await server.next();
    await peer.welcome();
    await peer.acknowledge(41);
    await settled(after, peer);
    expect(after.lastSeq(conversationId)).toBe(40);
  });

  it('may be sent by each of two tabs that share it, with one id, and is gone after either acknowledgement', async () => {
    const server = await startServer();
    const shared = createFakeStorage();
    const tab = () => startClient(server, { storage: localStorageAdapter({ storage: shared }) });
    const [one, other] = [tab(), tab()];
    const fromOne = one.send({ text: 'from one' });
    const fromOther = other.send({ text: 'from the other' });
    expect(shared.length).toBe(2);
    one.connect();
    const first = await server.next();
    await first.welcome();
    const frames = [await first.acknowledge(1), await first.acknowledge(1)];
    expect(frames.map(({ id }) => id)).toEqual([fromOne.id, fromOther.id]);
    await settled(one, first);
    expect(shared.length).toBe(0);
    // The other tab sends its own copy again: the server knows the id.
    other.connect();
    const second = await server.next();
    await second.welcome();
    expect((await second.acknowledge(1)).id).toBe(fromOther.id);
    await fromOther.accepted;
    await settled(other, second);
    expect(second.all).toHaveLength(2);
  });

  it('is only in memory when the storage fails, which is reported once', async () => {
    const storage = createFakeStorage({ quota: 0 });
    const { client, peer } = await startPair({ storage: localStorageAdapter({ storage }) });
    const errors = record(client, 'error');
    client.send({ text: 'one' });
    client.send({ text: 'two' });
    const sent = [await peer.acknowledge(1), await peer.acknowledge(1)];
    expect(sent.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(errors).toEqual([expect.objectContaining({ code: 'store_unavailable', origin: 'client' })]);
  });

  it('is passed over and reported once when it is no message', async () => {
    const shared = createFakeStorage();
    shared.setItem('parley:outbox:1', 'not JSON');
    shared.setItem('parley:outbox:2', '{"position":7,"frame":{}}');
    shared.setItem('parley:outbox:3', 'null');
    shared.setItem('other', 'of somebody else');
    const server = await startServer();
    const client = startClient(server, { storage: localStorageAdapter({ storage: shared }) });
    const errors = record(client, 'error');
    const sent = client.send({ text: 'hi' });
    client.connect();
    const peer = await server.next();
    await peer.welcome();
    expect((await peer.acknowledge(1)).id).toBe(sent.id);
    await sent.accepted;
    expect(errors).toEqual([expect.objectContaining({ code: 'malformed_message', origin: 'client' })]);
    expect(shared.length).toBe(4);
  });
});

import { describe, expect, it } from '@jest/globals';
import { LIMITS, newId } from '@parley/shared-models';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import { type Peer, replyFrame } from '../testing/scripted-server.ts';
import { record, settled, startClient, startPair, startServer } from '../testing/start-pair.ts';

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

/** Sends the messages with these numbers. */
function sendSeqs(peer: Peer, conversationId: string, ...numbers: number[]): void {
  peer.send(...numbers.map((seq) => replyFrame({ conversationId, seq })));
}

describe('following a conversation', () => {
  it('begins at its beginning, or where the app says', async () => {
    const { client, peer } = await startPair();
    const [all, some] = [newId(), newId()];
    client.open(all);
    client.open(some, 12);
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId: all, afterSeq: 0 });
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId: some, afterSeq: 12 });
    expect([client.lastSeq(all), client.lastSeq(some), client.lastSeq(newId())]).toEqual([0, 12, undefined]);
  });

  it('shows a message once that comes twice', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair({ resume: { [conversationId]: 2 } });
    const messages = record(client, 'message');
    sendSeqs(peer, conversationId, 1, 2, 3, 3, 2, 4);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([3, 4]);
    expect(client.lastSeq(conversationId)).toBe(4);
  });

  it('requests missing messages once and emits all in order', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair({ resume: { [conversationId]: 2 } });
    const messages = record(client, 'message');
    sendSeqs(peer, conversationId, 5, 6);
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId, afterSeq: 2 });
    expect(messages).toEqual([]);
    sendSeqs(peer, conversationId, 3, 4, 5, 6);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([3, 4, 5, 6]);
    expect(peer.all).toHaveLength(2);
  });

  it('requests missing messages again after a while', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair({ resume: { [conversationId]: 0 }, ackTimeoutMs: 20 });
    const messages = record(client, 'message');
    sendSeqs(peer, conversationId, 3);
    sendSeqs(peer, conversationId, 1);
    while ((await peer.take('conversation.open')).afterSeq !== 1);
    sendSeqs(peer, conversationId, 2);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([1, 2, 3]);
  });

  it('asks again after the time that the server asks for', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair();
    client.open(conversationId);
    await peer.take('conversation.open');
    const details = { retryAfterMs: 5 };
    peer.send({ type: 'error', code: 'rate_limited', message: 'slow', details, inReplyTo: conversationId });
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId, afterSeq: 0 });
  });

  it('shows 1 to n once and in order, whatever gets lost or repeated and wherever the connection breaks', async () => {
    const server = await startServer();
    const arrivals = fc.array(
      fc.record({ seqs: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }), breaks: fc.boolean() }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async (script) => {
        const conversationId = newId();
        const client = startClient(server, { resume: { [conversationId]: 0 } });
        const messages = record(client, 'message');
        client.connect();
        let peer = await server.next();
        expect((await peer.welcome()).resume).toEqual({ [conversationId]: 0 });
        for (const { seqs: numbers, breaks } of script) {
          sendSeqs(peer, conversationId, ...numbers);
          await settled(client, peer);
          if (!breaks) continue;
          peer.socket.terminate();
          peer = await server.next();
          const hello = await peer.welcome();
          expect(hello.resume).toEqual({ [conversationId]: messages.length });
        }
        // The last message reveals every gap; the server then sends the requested messages.
        sendSeqs(peer, conversationId, 13);
        await settled(client, peer);
        for (let after = client.lastSeq(conversationId) ?? 0; after < 13; after++) {
          sendSeqs(peer, conversationId, after + 1);
        }
        await settled(client, peer);
        expect(seqs(messages)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
        await client.close();
      }),
      { numRuns: runs(25) },
    );
  });

  it('shows messages again when the app begins earlier', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair({ resume: { [conversationId]: 3 } });
    const messages = record(client, 'message');
    client.open(conversationId, 1);
    expect(await peer.take('conversation.open')).toMatchObject({ afterSeq: 1 });
    sendSeqs(peer, conversationId, 2, 3, 4);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([2, 3, 4]);
  });

  it('takes up a conversation that the server speaks of first', async () => {
    const { client, peer } = await startPair();
    const messages = record(client, 'message');
    const conversationId = newId();
    sendSeqs(peer, conversationId, 8, 9);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([8, 9]);
  });
});

describe('leaving a conversation', () => {
  it('ignores its messages, also those on their way, and does not resume it', async () => {
    const conversationId = newId();
    const { client, peer, server } = await startPair({ resume: { [conversationId]: 0 } });
    const messages = record(client, 'message');
    client.leave(conversationId);
    expect(await peer.take('conversation.close')).toMatchObject({ conversationId });
    sendSeqs(peer, conversationId, 1);
    await settled(client, peer);
    expect(messages).toEqual([]);
    expect(client.lastSeq(conversationId)).toBeUndefined();
    peer.socket.terminate();
    expect((await (await server.next()).welcome()).resume).toEqual({});
  });

  it('can be undone', async () => {
    const conversationId = newId();
    const { client, peer } = await startPair({ resume: { [conversationId]: 1 } });
    const messages = record(client, 'message');
    client.leave(conversationId);
    client.open(conversationId, 1);
    sendSeqs(peer, conversationId, 2);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([2]);
  });
});

describe('resuming', () => {
  it('leaves out a new conversation that the server may not have yet', async () => {
    const { client, peer, server } = await startPair();
    const { conversationId } = client.send({ text: 'hi' });
    await peer.take('message.send');
    peer.socket.terminate();
    const second = await server.next();
    expect((await second.welcome()).resume).toEqual({});
    await second.acknowledge(1);
    await settled(client, second);
    second.socket.terminate();
    expect((await (await server.next()).welcome()).resume).toEqual({ [conversationId]: 0 });
  });

  it('resumes the latest active ones with hello and opens the others by themselves', async () => {
    const ids = Array.from({ length: LIMITS.resumedConversations + 2 }, () => newId());
    const resume = Object.fromEntries(ids.map((id) => [id, 5]));
    const { client, peer, server } = await startPair({ resume });
    const [oldest = '', second = '', third = ''] = ids;
    const opened = [await peer.take('conversation.open'), await peer.take('conversation.open')];
    expect(opened.map(({ conversationId }) => conversationId)).toEqual([oldest, second]);
    sendSeqs(peer, oldest, 6);
    await settled(client, peer);
    peer.socket.terminate();
    const hello = await (await server.next()).welcome();
    expect(Object.keys(hello.resume ?? {})).toHaveLength(LIMITS.resumedConversations);
    expect(hello.resume).toMatchObject({ [oldest]: 6 });
    expect([hello.resume?.[second], hello.resume?.[third]]).toEqual([undefined, undefined]);
  });

  it('asks for itself for a conversation that was opened while hello was on its way', async () => {
    const conversationId = newId();
    const server = await startServer();
    const client = startClient(server, { resume: { [conversationId]: 9 } });
    client.connect();
    const peer = await server.next();
    expect((await peer.take('hello')).resume).toEqual({ [conversationId]: 9 });
    client.open(conversationId, 0);
    peer.greet();
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId, afterSeq: 0 });
  });
});

describe('writing to a conversation', () => {
  it('follows it from the message on, when it was not followed before', async () => {
    const { client, peer } = await startPair();
    const messages = record(client, 'message');
    const conversationId = newId();
    const sent = client.send({ text: 'hi', conversationId });
    await peer.acknowledge(41);
    await sent.accepted;
    sendSeqs(peer, conversationId, 40, 41, 42);
    await settled(client, peer);
    expect(seqs(messages)).toEqual([41, 42]);
  });

  it('asks for the message itself when it does not come back', async () => {
    const { client, peer } = await startPair({ ackTimeoutMs: 20 });
    const { conversationId } = client.send({ text: 'hi' });
    await peer.acknowledge(1);
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId, afterSeq: 0 });
  });

  it('stays left when it was left before the acknowledgement', async () => {
    const { client, peer } = await startPair();
    const sent = client.send({ text: 'hi' });
    client.leave(sent.conversationId);
    await peer.acknowledge(1);
    await sent.accepted;
    expect(client.lastSeq(sent.conversationId)).toBeUndefined();
  });
});

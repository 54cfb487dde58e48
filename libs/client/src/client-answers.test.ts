import { describe, expect, it } from '@jest/globals';
import { type MessageStatus, newId } from '@parley/shared-models';
import { type Peer, replyFrame } from '../testing/scripted-server.ts';
import { record, settled, startPair, until } from '../testing/start-pair.ts';
import type { ClientOptions, Sent } from './client.ts';

/** A client with one accepted message. */
async function startAccepted(options: Partial<ClientOptions> = {}) {
  const pair = await startPair(options);
  const sent = pair.client.send({ text: 'hi' });
  await pair.peer.acknowledge(1);
  await sent.accepted;
  pair.peer.send(replyFrame({ ...sent, kind: 'TEXT', seq: 1 }));
  return { ...pair, sent };
}

function sendStatus(peer: Peer, sent: Sent, status: MessageStatus['status'], code?: string): void {
  const { id: messageId, conversationId } = sent;
  const error = code === undefined ? {} : { error: { code, message: 'because' } };
  peer.send({ type: 'message.status', messageId, conversationId, status, hops: [], ...error });
}

const answerTo = ({ id, conversationId }: Sent, seq: number, kind: 'REPLY' | 'ERROR' = 'REPLY') =>
  replyFrame({ conversationId, seq, kind, inReplyTo: id });

describe('the answer to a message', () => {
  it('is the first reply to it', async () => {
    const { client, peer, sent } = await startAccepted();
    peer.send(
      replyFrame({ conversationId: sent.conversationId, seq: 2, inReplyTo: newId() }),
      answerTo(sent, 3),
      answerTo(sent, 4),
    );
    await settled(client, peer);
    expect((await sent.answered).seq).toBe(3);
  });

  it.each([
    ['failed', 'no_agent_online', 'no_agent_online'],
    ['dead_lettered', 'delivery_limit', 'delivery_limit'],
    ['failed', 'a code of the future', 'internal'],
  ] as const)('rejects when the message ends as %s with the code "%s"', async (status, code, expected) => {
    const { peer, sent } = await startAccepted();
    sendStatus(peer, sent, 'routed');
    sendStatus(peer, sent, status, code);
    await expect(sent.answered).rejects.toMatchObject({ code: expected, message: 'because' });
  });

  it('rejects with the code of the status that follows an ERROR message', async () => {
    const { peer, sent } = await startAccepted();
    peer.send(answerTo(sent, 2, 'ERROR'));
    sendStatus(peer, sent, 'failed', 'agent_offline');
    await expect(sent.answered).rejects.toMatchObject({ code: 'agent_offline' });
  });

  it('rejects with the text of an ERROR message that no status follows', async () => {
    const { peer, sent } = await startAccepted({ answerGraceMs: 10 });
    peer.send(answerTo(sent, 2, 'ERROR'));
    await expect(sent.answered).rejects.toMatchObject({ code: 'internal', message: 'number 2' });
  });

  it('is taken although the status came before it', async () => {
    const { peer, sent } = await startAccepted();
    sendStatus(peer, sent, 'answered');
    peer.send(answerTo(sent, 2));
    expect((await sent.answered).seq).toBe(2);
  });

  it('rejects when the message was handled without a reply', async () => {
    const { peer, sent } = await startAccepted({ answerGraceMs: 10 });
    sendStatus(peer, sent, 'answered');
    await expect(sent.answered).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is waited for while messages of its conversation are missing', async () => {
    const { peer, sent } = await startAccepted({ answerGraceMs: 1, ackTimeoutMs: 20 });
    sendStatus(peer, sent, 'answered');
    peer.send(replyFrame({ conversationId: sent.conversationId, seq: 3 }));
    await peer.take('conversation.open');
    // Asked a second time: the grace time has ended more than once.
    await peer.take('conversation.open');
    peer.send(answerTo(sent, 2));
    expect((await sent.answered).seq).toBe(2);
  });

  it('is waited for over a lost connection', async () => {
    const { client, peer, sent, server } = await startAccepted({ answerGraceMs: 1 });
    peer.send(replyFrame({ conversationId: sent.conversationId, seq: 3 }));
    sendStatus(peer, sent, 'answered');
    await settled(client, peer);
    peer.socket.terminate();
    const next = await server.next();
    await next.welcome();
    next.send(answerTo(sent, 2));
    expect((await sent.answered).seq).toBe(2);
  });

  it('rejects when the message was handled without a reply while the connection was lost', async () => {
    const { client, peer, sent, server } = await startAccepted({ answerGraceMs: 10 });
    const { conversationId } = sent;
    peer.send(replyFrame({ conversationId, seq: 2 }));
    await settled(client, peer);
    peer.socket.terminate();
    const next = await server.next();
    // The message is sent again, with its outcome.
    expect((await next.welcome()).resume).toEqual({ [conversationId]: 0 });
    const messages = record(client, 'message');
    next.send(replyFrame({ ...sent, kind: 'TEXT', seq: 1 }), replyFrame({ conversationId, seq: 2 }));
    sendStatus(next, sent, 'answered');
    await expect(sent.answered).rejects.toMatchObject({ code: 'not_found' });
    expect(messages).toEqual([]);
    next.socket.terminate();
    expect((await (await server.next()).welcome()).resume).toEqual({ [conversationId]: 2 });
  });

  it('can come before a lost acknowledgement, which is still waited for', async () => {
    const { client, peer, server } = await startPair();
    const sent = client.send({ text: 'hi' });
    await peer.take('message.send');
    peer.socket.terminate();
    const next = await server.next();
    await next.welcome();
    next.send(replyFrame({ ...sent, kind: 'TEXT', seq: 1 }), answerTo(sent, 2));
    await sent.answered;
    await next.acknowledge(1);
    expect((await sent.accepted).seq).toBe(1);
  });

  it('is waited for beyond a refusal where the app connects again, until the client is closed', async () => {
    const { client, peer, sent, server } = await startAccepted({ keepsWaiting: true });
    const refused = until(client, 'connection', ({ state }) => state === 'closed');
    peer.socket.close(4001, 'expired');
    await refused;
    const unsent = client.send({ text: 'still there?' });
    client.connect();
    const next = await server.next();
    await next.welcome();
    next.send(answerTo(sent, 2));
    expect((await sent.answered).seq).toBe(2);
    await next.acknowledge(1);
    await unsent.accepted;
    await client.close();
    await expect(unsent.answered).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects when the client is closed, or the server refuses the token', async () => {
    const closed = await startAccepted();
    await closed.client.close();
    await expect(closed.sent.answered).rejects.toMatchObject({ code: 'unavailable' });

    const refused = await startAccepted();
    refused.peer.socket.close(4001, 'expired');
    await expect(refused.sent.answered).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'expired',
    });
  });
});

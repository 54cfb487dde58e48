import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId, type ServerFrame } from '@parley/shared-models';
import { type Peer, replyFrame } from '../testing/scripted-server.ts';
import { settled, startPair } from '../testing/start-pair.ts';
import type { Client } from './client.ts';

/** Version 1 of the protocol sends one frame for each event of a message, version 2 as few frames as possible. */
type Version = 1 | 2;
const VERSIONS = [1, 2] as const;

const routing = {
  agentId: 'echo',
  agentName: 'Echo',
  strategy: 'default' as const,
  confidence: 1,
  reason: 'It answers anything.',
  candidates: [],
};

/** All events about messages that a client emits, in order. */
function watch(client: Client): string[] {
  const seen: string[] = [];
  client.on('ack', (frame) => seen.push(`ack ${frame.seq} ${Object.keys(frame).toSorted().join(' ')}`));
  client.on('message', ({ seq, kind, text }) => seen.push(`message ${seq} ${kind} ${text}`));
  client.on('status', ({ status, routing, hops, error, messageId, conversationId }) =>
    seen.push(
      JSON.stringify({
        status,
        agent: routing?.agentName,
        hops: hops.length,
        error,
        messageId,
        conversationId,
      }),
    ),
  );
  client.on('error', ({ message }) => {
    if (!message.startsWith('marker')) seen.push(`error ${message}`);
  });
  return seen;
}

/** The frames of a server about one message, up to its end in `kind`. */
function tellLife(version: Version, peer: Peer, message: ChatMessage, kind: 'REPLY' | 'ERROR'): void {
  const { id: messageId, conversationId, seq } = message;
  const ack = { type: 'ack', id: messageId, conversationId, seq } as const;
  const hops = [{ service: 'server', at: message.createdAt }];
  const status = (state: 'routed' | 'delivered'): ServerFrame => ({
    type: 'message.status',
    messageId,
    conversationId,
    status: state,
    routing,
    hops,
  });
  const metadata = kind === 'ERROR' ? { metadata: { code: 'agent_offline' } } : {};
  const end = replyFrame({ conversationId, seq: seq + 1, kind, inReplyTo: messageId, ...metadata });
  const ended =
    kind === 'REPLY'
      ? ({ status: 'answered', routing, hops } as const)
      : ({ status: 'failed', hops, error: { code: 'agent_offline', message: 'It is gone.' } } as const);
  if (version === 1) {
    peer.send(ack, { type: 'message', message }, status('routed'), status('delivered'), end);
    peer.send({ type: 'message.status', messageId, conversationId, ...ended });
  } else peer.send({ ...ack, message }, status('delivered'), { ...end, status: ended });
}

async function start(version: Version) {
  const pair = await startPair();
  const seen = watch(pair.client);
  const say = async (kind: 'REPLY' | 'ERROR', conversationId: string, seq: number) => {
    const sent = pair.client.send({ text: `hello ${seq}`, conversationId });
    const { id, text } = await pair.peer.take('message.send');
    const { message } = replyFrame({ id, conversationId, seq, kind: 'TEXT', text });
    tellLife(version, pair.peer, message, kind);
    await settled(pair.client, pair.peer);
    return sent;
  };
  return { ...pair, seen, say };
}

/** Without ids, which differ from run to run. */
const told = (seen: readonly string[]): string[] =>
  seen.map((line) => line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id'));

describe('a client whose server speaks version 1 or 2 of the frames', () => {
  it.each(['REPLY', 'ERROR'] as const)('learns the same of a message that ends in %s', async (kind) => {
    const learned = await Promise.all(
      VERSIONS.map(async (version) => {
        const { seen, say } = await start(version);
        const conversationId = newId();
        await say(kind, conversationId, 1);
        await say(kind, conversationId, 3);
        return told(seen);
      }),
    );
    expect(learned[1]).toEqual(learned[0]);
    expect(learned[0]).toHaveLength(12);
    expect(learned[0]?.slice(0, 5).map((line) => line.slice(0, 20))).toEqual([
      'ack 1 conversationId',
      'message 1 TEXT hello',
      '{"status":"routed","',
      '{"status":"delivered',
      `message 2 ${kind} number`.slice(0, 20),
    ]);
  });

  it.each(VERSIONS)('settles the promises of a message by version %s', async (version) => {
    const { say, client } = await start(version);
    const conversationId = newId();
    const answered = await say('REPLY', conversationId, 1);
    expect(await answered.accepted).toEqual({ type: 'ack', id: answered.id, conversationId, seq: 1 });
    expect((await answered.answered).seq).toBe(2);
    const failed = await say('ERROR', conversationId, 3);
    await expect(failed.answered).rejects.toMatchObject({ code: 'agent_offline' });
    expect(client.lastSeq(conversationId)).toBe(4);
    expect(client.outbox).toEqual([]);
  });

  it('is told once that a message was routed, where that came by itself', async () => {
    const { client, peer, seen } = await start(2);
    const about = { messageId: newId(), conversationId: newId(), hops: [] };
    for (const status of ['routed', 'delivered', 'delivered'] as const)
      peer.send({ type: 'message.status', ...about, status });
    await settled(client, peer);
    expect(seen.map((line) => JSON.parse(line).status)).toEqual([
      'routed',
      'delivered',
      'routed',
      'delivered',
    ]);
  });

  it('requests the messages before one that came with its acknowledgement', async () => {
    const { client, peer, seen } = await start(2);
    const conversationId = newId();
    client.open(conversationId, 1);
    await peer.take('conversation.open');
    client.send({ text: 'third', conversationId });
    const { id } = await peer.take('message.send');
    const { message } = replyFrame({ id, conversationId, seq: 3, kind: 'TEXT', text: 'third' });
    peer.send({ type: 'ack', id, conversationId, seq: 3, message });
    await settled(client, peer);
    expect(seen).toHaveLength(1);
    peer.send(replyFrame({ conversationId, seq: 2 }));
    await settled(client, peer);
    expect(seen.slice(1)).toEqual(['message 2 REPLY number 2', 'message 3 TEXT third']);
  });

  it('shows nothing of a conversation that it left before the acknowledgement came', async () => {
    const { client, peer, seen } = await start(2);
    const { conversationId } = client.send({ text: 'hi' });
    client.leave(conversationId);
    const { id } = await peer.take('message.send');
    const { message } = replyFrame({ id, conversationId, seq: 1, kind: 'TEXT' });
    peer.send({ type: 'ack', id, conversationId, seq: 1, message });
    await settled(client, peer);
    expect(seen.filter((line) => line.startsWith('message'))).toEqual([]);
  });
});

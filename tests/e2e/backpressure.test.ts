import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CLOSE_CODES, newId, type ServerFrame, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const file = path.join(import.meta.dirname, 'agents/talkative-agent.ts');
/** More than the system keeps for a connection that is not read, with what the server keeps: 15 MB. */
const MESSAGES = 10;
const PAGES = 30;

describe.each(SYSTEM_KINDS)('what is too much, with $kind', (kind) => {
  let system: ParleySystem;
  const clients: RawClient[] = [];
  const connect = async (options: Parameters<typeof connectRaw>[1] = {}): Promise<RawClient> => {
    const client = await connectRaw(system.webSocketUrl, options);
    clients.push(client);
    return client;
  };
  const answered = (client: RawClient, id: string) =>
    client.received('message.status', (frame) => frame.messageId === id && frame.status === 'answered');

  beforeAll(async () => {
    system = await startSystem({
      ...kind,
      agents: [{ file }],
      env: { SEND_BUFFER_BYTES: '1048576', RATE_LIMIT: '100', LOG_LEVEL: 'info' },
    });
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  it('closes a reader that does not read with 4002, and gives it the rest, once and in order, when it resumes', async () => {
    const writer = await connect();
    const conversationId = newId();
    await answered(writer, sendText(writer, 'first', { conversationId }));

    const seqs: number[] = [];
    const socket = new WebSocket(system.webSocketUrl, [SUBPROTOCOL]);
    const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
    const following = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const frame = JSON.parse(data.toString()) as ServerFrame;
        if (frame.type !== 'message') return;
        seqs.push(frame.message.seq);
        if (frame.message.seq === 2) resolve();
      });
    });
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'hello', clientName: 'sleepy', resume: { [conversationId]: 0 } }));
    await following;
    socket.pause();

    // Paused until nothing goes to the writer, which might be the slow one otherwise, while others hold this process up.
    writer.send({ type: 'agent.control', agentId: 'talkative', action: 'pause' });
    const [talkative] = system.agents;
    await talkative?.logged(({ msg, to }) => msg === 'the server changed the state' && to === 'paused');
    const target = { agentId: 'talkative' };
    const ids = Array.from({ length: MESSAGES }, () =>
      sendText(writer, `${PAGES} pages`, { conversationId, target }),
    );
    await Promise.all(ids.map((id) => writer.received('ack', (frame) => frame.id === id)));
    writer.send({ type: 'conversation.close', conversationId });
    writer.send({ type: 'agent.control', agentId: 'talkative', action: 'resume' });
    await system.server.logged((line) => line.msg === 'a reader was too slow and is disconnected');
    socket.resume();
    expect(await closed).toBe(CLOSE_CODES.slowReader);

    const last = 2 + MESSAGES * (1 + PAGES);
    expect(seqs.length).toBeLessThan(last);
    // On a busy machine a reader that reads may be too slow too; it resumes again.
    for (let seen = seqs.length; seqs.length < last; seen = seqs.length) {
      const resumed = await connect({ hello: { resume: { [conversationId]: seqs.at(-1) } } });
      const complete = resumed.received('message', ({ message }) => message.seq === last);
      await Promise.race([complete.catch(() => {}), resumed.closed]);
      resumed.close();
      for (const frame of resumed.frames) if (frame.type === 'message') seqs.push(frame.message.seq);
      expect(seqs.length).toBeGreaterThan(seen);
    }
    expect(seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  it('refuses what one client sends beyond its share, and answers another one meanwhile', async () => {
    const [flooder, other] = [await connect(), await connect()];
    const ids = Array.from({ length: 400 }, (_, number) => sendText(flooder, `flood ${number}`));
    const id = sendText(other, 'in the middle of the flood');
    await answered(other, id);
    // Which are refused depends on how fast the server works the flood off: also the last one may be in its share.
    for (const each of ids)
      await Promise.race([
        flooder.received('ack', (frame) => frame.id === each),
        flooder.received('error', ({ inReplyTo }) => inReplyTo === each),
      ]);
    const refusals = flooder.frames.filter((frame) => frame.type === 'error');
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: 'rate_limited', details: { retryAfterMs: expect.any(Number) } });
    const refused = refusals.map(({ inReplyTo }) => inReplyTo);
    const accepted = ids.filter((each) => !refused.includes(each));
    expect(accepted.length).toBeGreaterThanOrEqual(100);
    expect(accepted.length + refused.length).toBe(ids.length);
    for (const each of accepted) await answered(flooder, each);
    // What was refused was not half accepted: sent again in its share, it is a message like any other.
    const [again] = refused;
    flooder.send({ type: 'message.send', id: again, text: 'again' });
    await answered(flooder, String(again));
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ParleySystem, QUEUE_DRIVERS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

describe.each(QUEUE_DRIVERS)('when somebody is missing, over the %s queue', (driver) => {
  let system: ParleySystem;
  let client: RawClient;

  beforeAll(async () => {
    system = await startSystem({ driver, agents: [], hasBroker: false });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  it('is not ready without a broker, takes messages all the same, and answers when broker and agent have come', async () => {
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
    expect((await fetch(`${system.url}/ready`)).status).toBe(503);

    const early = sendText(client, 'is anybody there?');
    await client.received('ack', (frame) => frame.id === early);

    await system.startBroker();
    expect((await fetch(`${system.url}/ready`)).status).toBe(200);
    const { message } = await client.received('message', (frame) => frame.message.inReplyTo === early);
    expect(message).toMatchObject({ kind: 'ERROR', text: expect.stringContaining('No agent is online') });

    await system.startAgent({ use: 'echo' });
    const metrics = await (await fetch(`${system.url}/metrics`)).text();
    expect(metrics).toContain('parley_agents{state="online"} 1');
    expect(metrics).toContain('parley_queue_messages_ready{queue="broker_input_queue"} 0');
    const later = sendText(client, 'and now?');
    const answer = await client.received('message', (frame) => frame.message.inReplyTo === later);
    expect(answer.message.kind).toBe('REPLY');
  });

  it('loses nothing when the broker is killed between two messages', async () => {
    await system.broker.kill();
    const ids = ['one', 'two', 'three'].map((text) => sendText(client, text));
    await Promise.all(ids.map((id) => client.received('ack', (frame) => frame.id === id)));
    await system.startBroker();
    for (const id of ids) {
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message.kind).toBe('REPLY');
    }
  });
});

import os from 'node:os';
import { afterEach, expect, it } from '@jest/globals';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

/** A loopback address that is not 127.0.0.1: IPv6 where the machine has it. */
const address = Object.values(os.networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1')
  ? '::1'
  : '127.0.0.2';

let parley: Standalone | undefined;
let client: RawClient | undefined;
afterEach(async () => {
  client?.terminate();
  await parley?.stop();
});

it('runs as one process on the one address that HOST names', async () => {
  parley = await startStandalone({ driver: 'embedded', agents: ['echo'], env: { HOST: address } });
  const { port } = new URL(parley.url);
  const host = address.includes(':') ? `[${address}]` : address;
  client = await connectRaw(`ws://${host}:${port}/ws`);
  const id = sendText(client, 'hello', { target: { agentId: 'echo' } });
  const { message } = await client.received('message', ({ message }) => message.inReplyTo === id);
  expect(message.text).toBe('hello');
}, 60_000);

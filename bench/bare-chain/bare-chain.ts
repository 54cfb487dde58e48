import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { RoundTrips } from '../round-trip/measure.ts';
import { openBareChannel, QUEUES } from './topology.ts';

/** 200 characters of JSON, as in the design's figures. */
const BODY = Buffer.from(JSON.stringify({ text: 'x'.repeat(189) }));

/** Starts the relays; this process is the server. `start` sends one message and calls back when it came round. */
export async function startBareChain(amqpUrl: string): Promise<RoundTrips> {
  // First, and alone: RabbitMQ has closed connections with an internal error while several declared the queues at once.
  const channel = await openBareChannel(amqpUrl);
  const relays = await Promise.all(['broker', 'agent'].map((role) => startRelay(role, amqpUrl)));
  const waiting = new Map<string, () => void>();
  let next = 0;
  await channel.consume(QUEUES.server, (message, ack) => {
    const id = String(message.properties.messageId);
    if (message.properties.type === 'reply') {
      ack();
      const done = waiting.get(id);
      waiting.delete(id);
      done?.();
    } else channel.publish(QUEUES.agent, message.content, { messageId: id, type: 'request' }, ack);
  });
  return {
    amqpUrl,
    processIds: { broker: relays[0]?.pid ?? -1, agent: relays[1]?.pid ?? -1 },
    start(done) {
      const id = String(next++);
      waiting.set(id, done);
      channel.publish(QUEUES.broker, BODY, { messageId: id, type: 'request' }, () => {});
    },
    async stop() {
      await channel.connection.close();
      for (const relay of relays) relay.disconnect();
      await Promise.all(relays.map((relay) => (relay.exitCode === null ? once(relay, 'exit') : undefined)));
    },
  };
}

async function startRelay(role: string, amqpUrl: string): Promise<ChildProcess> {
  const relay = fork(new URL('./relay.ts', import.meta.url), [role], {
    env: { ...process.env, AMQP_URL: amqpUrl },
  });
  await once(relay, 'message');
  return relay;
}

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { newId, type PublishedEvent } from '@parley/shared-models';
import { type ParleySystem, QUEUE_DRIVERS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const TOLD = 'Order created, you will receive an email soon.';
/** More with `ORDERS=1000`. */
const ORDERS = Number(process.env.ORDERS ?? 40);
const SLOW_MS = 30_000 + ORDERS * 500;

describe.each(QUEUE_DRIVERS)('orders, over %s', (driver) => {
  let system: ParleySystem;
  let client: RawClient;
  let mails: string;

  beforeAll(async () => {
    system = await startSystem({
      driver,
      agents: [{ use: 'coordinator' }, { use: 'orders' }, { use: 'orders' }, { use: 'email' }],
      env: { RATE_LIMIT: 'off' },
    });
    mails = path.join(system.dataDir, 'outbox');
    client = await connectRaw(system.webSocketUrl);
    client.send({ type: 'channel.open', channel: 'human' });
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const timeline = async (correlationId: string): Promise<PublishedEvent[]> => {
    const response = await fetch(`${system.url}/api/events?correlationId=${correlationId}&limit=500`);
    const { events } = (await response.json()) as { events: { event: PublishedEvent }[] };
    return events.map(({ event }) => event);
  };
  const publish = (id: string, product: string): void =>
    client.send({
      type: 'event.publish',
      channel: 'human',
      event: { id, type: 'order_requested', payload: { product, quantity: 1 } },
    });
  const notified = (correlationId: string): Promise<unknown> =>
    client.received(
      'event',
      ({ event }) => event.type === 'notification' && event.correlationId === correlationId,
    );

  it('are placed by chat: the person is told, and a mail lies in the outbox', async () => {
    const id = newId();
    client.send({ type: 'message.send', id, text: 'order 1 laptop' });
    const { message } = await client.received('message', (frame) => frame.message.text === TOLD);
    expect(message).toMatchObject({ kind: 'REPLY', inReplyTo: id, sender: { name: 'Coordinator' } });
    // Who brings the word to the person and who writes the log hear of it by queues of their own.
    const events = await eventually(async () => {
      const logged = await timeline(id);
      expect(logged.map(({ type }) => type)).toEqual([
        'order_requested',
        'order_requested',
        'order_created',
        'notification',
      ]);
      return logged;
    });
    const { orderId } = (events[2]?.payload ?? {}) as { orderId?: string };
    const mail = await readFile(path.join(mails, `order-${orderId}_parley.localhost.eml`), 'utf8');
    expect(mail).toMatch(/1 =C3=97 Laptop|1 × Laptop/);
  });

  it('are placed by an event on the human channel, which the notification names', async () => {
    const id = newId();
    publish(id, 'Keyboard');
    expect(await notified(id)).toMatchObject({
      channel: 'human',
      event: { correlationId: id, payload: { message: TOLD } },
    });
  });

  it('are listed with how far they are', async () => {
    const id = newId();
    publish(id, 'Lamp');
    await notified(id);
    const api = createHttpApi({ url: system.url });
    const { threads, hasMore } = await api.eventThreads({ type: 'order_requested', limit: 1 });
    const [events = []] = threads;
    expect(events[0]?.event).toMatchObject({ id, payload: { product: 'Lamp', quantity: 1 } });
    expect(events.map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(['order_requested', 'order_created', 'notification']),
    );
    expect(hasMore).toBe(true);
  });

  it('are shown to who asks for them', async () => {
    // They hear that somebody was told by a queue of their own.
    await eventually(async () => {
      const id = sendText(client, 'Show my orders', { target: { group: 'orders' } });
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message.text).toMatch(/^Your orders.*1 × Laptop: created, and you were told/s);
    });
  });

  it(
    'that come many times with one id are one order, one mail, one notification each',
    async () => {
      const before = (await readdir(mails)).length;
      const ids = Array.from({ length: ORDERS }, () => newId());
      for (const id of [...ids, ...ids.toReversed(), ...ids.slice(0, 20)]) publish(id, 'Chair');
      for (const [index, id] of ids.entries()) {
        // Who only listens is taken for gone after a while.
        if (index % 50 === 0) client.send({ type: 'ping' });
        await notified(id);
      }
      const created = await Promise.all(ids.map(timeline));
      for (const events of created) {
        expect(events.filter(({ type }) => type === 'order_created')).toHaveLength(1);
        expect(events.filter(({ type }) => type === 'notification')).toHaveLength(1);
      }
      expect((await readdir(mails)).length - before).toBe(ORDERS);
      const seen = client.frames.flatMap((frame) =>
        frame.type === 'event' && frame.event.type === 'notification' ? [frame.event.id] : [],
      );
      expect(new Set(seen).size).toBe(seen.length);
    },
    SLOW_MS,
  );

  it('that cannot be read are dead letters', async () => {
    const id = newId();
    client.send({
      type: 'event.publish',
      channel: 'human',
      event: { id, type: 'order_requested', payload: { product: 'Unicorn', quantity: -1 } },
    });
    await expect(
      (async () => {
        for (;;) {
          const response = await fetch(`${system.url}/api/dead-letters`);
          const { deadLetters } = (await response.json()) as { deadLetters: { messageId: string }[] };
          const letter = deadLetters.find(({ messageId }) => messageId === id);
          if (letter !== undefined) return letter;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })(),
    ).resolves.toMatchObject({ reason: 'malformed_message', queue: 'channel_queue_coordinator' });
  });
});

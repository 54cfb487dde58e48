import { describe, expect, it } from '@jest/globals';
import { agentQueue, BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries } from './deliveries.ts';
import { envelopeOf, numbered, textOf } from './envelopes.ts';

export function describePublishing(context: Context): void {
  describe('publishing', () => {
    it('hands out an envelope as it was published', async () => {
      const bus = await context.open();
      const sent = envelopeOf('{"text":"Grüße, 世界"}', {
        correlationId: 'request-1',
        type: 'chat.reply',
        timestamp: 1_732_170_000_123,
        headers: { conversation: 'c-7', sender: 'user:ann', attempt: 3, incarnation: 4_294_967_296 },
      });
      await bus.publish(SERVER_INPUT_QUEUE, sent);

      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      const [delivery] = await received.waitFor(1);

      expect(delivery?.queue).toBe(SERVER_INPUT_QUEUE);
      expect(delivery?.redeliveries).toBe(0);
      expect({ ...delivery?.envelope, body: undefined }).toEqual({ ...sent, body: undefined });
      expect(textOf(sent)).toBe('{"text":"Grüße, 世界"}');
      expect(received.texts()).toEqual([textOf(sent)]);
    });

    it('leaves the correlation id out when there is none', async () => {
      const bus = await context.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x', { headers: {} }));
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      const [delivery] = await received.waitFor(1);
      expect(delivery?.envelope).not.toHaveProperty('correlationId');
      expect(delivery?.envelope.headers).toEqual({});
    });

    it('keeps the order of publishes that were not awaited one by one', async () => {
      const bus = await context.open();
      const texts = numbered(500);
      await Promise.all(texts.map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));

      const received = collectDeliveries();
      await bus.consume(BROKER_INPUT_QUEUE, received.handler, { prefetch: 20 });
      await received.waitFor(500);
      expect(received.texts()).toEqual(texts);
    });

    it('carries large and empty bodies, byte by byte', async () => {
      const bus = await context.open();
      const large = Uint8Array.from({ length: 200 * 1024 }, (_, index) => (index * 31 + (index >> 8)) % 256);
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      // A window into a larger buffer: only the window may travel.
      const window = new Uint8Array(large.buffer, 1000, 10);
      const bodies = [large, every, window, new Uint8Array(0)];
      await Promise.all(bodies.map((body) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { body }))));

      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
      const deliveries = await received.waitFor(bodies.length);
      for (const [index, body] of bodies.entries()) {
        expect(Buffer.from(deliveries[index]?.envelope.body ?? []).equals(body)).toBe(true);
      }
    });

    it('fails with queue_missing where there is no such queue, and goes on publishing to others', async () => {
      const bus = await context.open();
      const good = [1, 2].map((number) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(`good ${number}`)));
      await expect(bus.publish(agentQueue('nobody'), envelopeOf('lost'))).rejects.toMatchObject({
        name: 'ParleyError',
        code: 'queue_missing',
      });
      await Promise.all(good);
    });

    it('fails with queue_missing once the agent queue was deleted', async () => {
      const bus = await context.open();
      await bus.declareAgentQueue('finance-1');
      await bus.declareAgentQueue('finance-1');
      await bus.publish(agentQueue('finance-1'), envelopeOf('kept'));
      await bus.deleteAgentQueue('finance-1');
      await bus.deleteAgentQueue('finance-1');
      await expect(bus.publish(agentQueue('finance-1'), envelopeOf('late'))).rejects.toMatchObject({
        code: 'queue_missing',
      });
    });

    it('keeps what was published when every process is restarted', async () => {
      const before = await context.open();
      await before.declareAgentQueue('finance-1');
      const texts = numbered(50);
      await Promise.all(texts.map((text) => before.publish(agentQueue('finance-1'), envelopeOf(text))));
      await before.close();

      const after = await context.open();
      const received = collectDeliveries();
      await after.consume(agentQueue('finance-1'), received.handler, { prefetch: 10 });
      await received.waitFor(50);
      expect(received.texts()).toEqual(texts);
    });

    it('brings 5,000 messages from one process to another, each once', async () => {
      const [sender, receiver] = [await context.open(), await context.open()];
      const received = collectDeliveries();
      await receiver.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 100 });
      const envelopes = numbered(5000).map((text) => envelopeOf(text));
      await Promise.all(envelopes.map((envelope) => sender.publish(SERVER_INPUT_QUEUE, envelope)));
      await received.waitFor(5000);
      expect(received.all.map(({ envelope }) => envelope.messageId)).toEqual(
        envelopes.map(({ messageId }) => messageId),
      );
    });

    it('refuses to work after close', async () => {
      const bus = await context.open();
      await bus.close();
      const refusal = { code: 'bus_unavailable' };
      await expect(bus.publish(SERVER_INPUT_QUEUE, envelopeOf('late'))).rejects.toMatchObject(refusal);
      const consume = bus.consume(SERVER_INPUT_QUEUE, async () => undefined, { prefetch: 1 });
      await expect(consume).rejects.toMatchObject(refusal);
      await expect(bus.subscribe('server_fanout_1', () => undefined)).rejects.toMatchObject(refusal);
      await expect(bus.declareAgentQueue('finance-1')).rejects.toMatchObject(refusal);
      await expect(bus.depths()).rejects.toMatchObject(refusal);
    });

    it('completes the publishes under way before it closes', async () => {
      const bus = await context.open();
      const publishes = numbered(100).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text)));
      await bus.close();
      await expect(Promise.all(publishes)).resolves.toHaveLength(100);
    });
  });
}

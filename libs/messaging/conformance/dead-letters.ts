import { describe, expect, it } from '@jest/globals';
import { agentQueue, DEAD_LETTER_QUEUE, HEADERS, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { Reject } from '../src/message-bus.ts';
import { DELIVERY_LIMIT } from '../src/topology.ts';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries } from './deliveries.ts';
import { envelopeOf, textOf } from './envelopes.ts';

export function describeDeadLetters(context: Context): void {
  describe('dead letters', () => {
    it('puts a rejected message there with reason, sentence and queue, its body and headers intact', async () => {
      const bus = await context.open();
      await bus.declareAgentQueue('finance-1');
      const sent = envelopeOf('{"not":"for me"}', {
        correlationId: 'request-1',
        timestamp: 1_732_170_000_000,
        headers: { conversation: 'c-9', hops: 'server=1;broker=2', attempt: 2 },
      });
      await bus.publish(agentQueue('finance-1'), sent);
      const rejecting = collectDeliveries(() =>
        Promise.reject(new Reject('unknown_agent', 'Nobody of that name.')),
      );
      await bus.consume(agentQueue('finance-1'), rejecting.handler, { prefetch: 1 });

      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const [letter] = await dead.waitFor(1);
      expect({ ...letter?.envelope, body: undefined }).toEqual({
        ...sent,
        headers: {
          ...sent.headers,
          [HEADERS.deathReason]: 'unknown_agent',
          [HEADERS.deathMessage]: 'Nobody of that name.',
          [HEADERS.deathQueue]: agentQueue('finance-1'),
        },
        body: undefined,
      });
      expect(dead.texts()).toEqual([textOf(sent)]);
      expect(rejecting.all).toHaveLength(1);
    });

    it(`puts a message there that was handed out ${DELIVERY_LIMIT} times without being finished`, async () => {
      const bus = await context.open();
      const sent = envelopeOf('poison', { headers: { conversation: 'c-9' } });
      await bus.publish(SERVER_INPUT_QUEUE, sent);
      const failing = collectDeliveries(() => Promise.reject(new Error('always')));
      await bus.consume(SERVER_INPUT_QUEUE, failing.handler, { prefetch: 1 });

      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const [letter] = await dead.waitFor(1);
      expect(letter?.envelope).toMatchObject({
        messageId: sent.messageId,
        type: sent.type,
        headers: {
          conversation: 'c-9',
          [HEADERS.deathReason]: 'delivery_limit',
          [HEADERS.deathMessage]: expect.stringMatching(/./),
          [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
        },
      });
      expect(letter?.redeliveries).toBe(0);
      expect(dead.texts()).toEqual(['poison']);
      expect(failing.all).toHaveLength(DELIVERY_LIMIT);
      expect(failing.all.map(({ redeliveries }) => redeliveries)).toEqual(
        Array.from({ length: DELIVERY_LIMIT }, (_, index) => index),
      );
    });

    it('names the last reason when a replayed dead letter dies again', async () => {
      const bus = await context.open();
      await bus.publish(
        SERVER_INPUT_QUEUE,
        envelopeOf('replayed', {
          headers: {
            [HEADERS.deathReason]: 'delivery_limit',
            [HEADERS.deathMessage]: 'Old.',
            [HEADERS.deathQueue]: agentQueue('finance-1'),
          },
        }),
      );
      const rejecting = collectDeliveries(() => Promise.reject(new Reject('agent_failed', 'New.')));
      await bus.consume(SERVER_INPUT_QUEUE, rejecting.handler, { prefetch: 1 });
      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const [letter] = await dead.waitFor(1);
      expect(letter?.envelope.headers).toEqual({
        [HEADERS.deathReason]: 'agent_failed',
        [HEADERS.deathMessage]: 'New.',
        [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
      });
    });

    it('puts a malformed message there as malformed_message, and goes on', async () => {
      const bus = await context.open();
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await context.fixture.publishMalformed(SERVER_INPUT_QUEUE, Uint8Array.of(0xff, 0x00, 0x7b));
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('good'));
      await received.waitFor(1);
      expect(received.texts()).toEqual(['good']);

      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const [letter] = await dead.waitFor(1);
      expect(letter?.envelope.headers).toMatchObject({
        [HEADERS.deathReason]: 'malformed_message',
        [HEADERS.deathMessage]: expect.stringMatching(/./),
        [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
      });
      expect(letter?.envelope.messageId).toMatch(/./);
      expect(letter?.envelope.type).toMatch(/./);
      expect([...(letter?.envelope.body ?? [])]).toEqual([0xff, 0x00, 0x7b]);
    });

    it('keeps a dead letter whose own handler fails or rejects, however often', async () => {
      const bus = await context.open();
      await bus.publish(
        DEAD_LETTER_QUEUE,
        envelopeOf('dead', { headers: { [HEADERS.deathReason]: 'agent_failed' } }),
      );
      const attempts = DELIVERY_LIMIT + 3;
      const dead = collectDeliveries(async ({ redeliveries }) => {
        if (redeliveries + 1 >= attempts) return;
        throw redeliveries % 2 === 0 ? new Reject('internal', 'no') : new Error('no');
      });
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const letters = await dead.waitFor(attempts);
      expect(letters.at(-1)?.redeliveries).toBe(attempts - 1);
      expect(letters.at(-1)?.envelope.headers).toEqual({ [HEADERS.deathReason]: 'agent_failed' });
    });
  });
}

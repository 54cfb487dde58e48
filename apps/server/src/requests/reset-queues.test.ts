import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { collectDeliveries, gate } from '@parley/messaging/test-queue';
import { agentQueue, BROKER_INPUT_QUEUE, HEADERS, ParleyError } from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { chatEnvelope, createOutboxRelay } from '../outbox/relay.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { resetQueues } from './reset-queues.ts';

describe('the reset of the queues', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  const reset = (purge: MessageBus['purge'] = fixture.bus.purge, relay = fixture.services.relay) =>
    resetQueues(
      { ...fixture.services, relay, bus: { ...fixture.bus, purge } },
      { user: LOCAL_USER, remoteAddress: '127.0.0.1' },
    );
  const statusOf = async (id: string) => (await fixture.store.getMessage(id))?.status;
  /** A message that waits for the broker. */
  const published = async (): Promise<string> => {
    const message = await fixture.accept('hello');
    await fixture.bus.publish(BROKER_INPUT_QUEUE, chatEnvelope({ message, attempt: 0 }));
    await fixture.store.markPublished([{ messageId: message.id, attempt: 0 }]);
    return message.id;
  };

  it('ends what is on its way and empties the queues', async () => {
    const ids = [await published(), await published()];
    expect(await reset()).toMatchObject({ removed: 2, failed: 2 });
    for (const id of ids)
      expect(await statusOf(id)).toMatchObject({ status: 'failed', error: { code: 'queue_reset' } });
  });

  it('has ended every request before a message is removed, so that none hangs when the rest fails', async () => {
    const id = await published();
    const away = new ParleyError('bus_unavailable', 'The queue cannot be reached.');
    await expect(reset(() => Promise.reject(away))).rejects.toBe(away);
    expect(await statusOf(id)).toMatchObject({ status: 'failed' });
  });

  it('ends also what was put into a queue while they were emptied', async () => {
    const late: string[] = [];
    await reset(async (queue) => {
      if (queue === BROKER_INPUT_QUEUE) late.push(await published());
      return fixture.bus.purge(queue);
    });
    expect(late).toHaveLength(1);
    for (const id of late) expect(await statusOf(id)).toMatchObject({ status: 'failed' });
  });

  it('brings to the broker anew what it removed before the store was told that a queue held it', async () => {
    const message = await fixture.accept('hello');
    await fixture.bus.publish(BROKER_INPUT_QUEUE, chatEnvelope({ message, attempt: 0 }));
    expect(await reset()).toMatchObject({ removed: 1, failed: 0 });
    await fixture.store.markPublished([{ messageId: message.id, attempt: 0 }]);
    expect((await statusOf(message.id))?.status).toBe('accepted');
    const published = collectDeliveries();
    await fixture.bus.consume(BROKER_INPUT_QUEUE, published.handler, { prefetch: 10 });
    fixture.services.relay.start();
    const [delivery] = await published.waitFor(1);
    expect(delivery?.envelope).toMatchObject({ messageId: message.id, headers: { [HEADERS.attempt]: 1 } });
  });

  it('ends what its own server has just published, before that is marked', async () => {
    const message = await fixture.accept('hello');
    const { services, store, bus } = fixture;
    const held = gate();
    const relay = createOutboxRelay({
      store,
      bus: {
        ...bus,
        async publish(queue, envelope) {
          await bus.publish(queue, envelope);
          setImmediate(held.open);
        },
      },
      logger: silent,
      agents: services.agents,
    });
    relay.send({ message, attempt: 0 });
    await held.opened;
    expect(await reset(bus.purge, relay)).toMatchObject({ removed: 1, failed: 1 });
    await relay.stop();
    expect(await statusOf(message.id)).toMatchObject({ status: 'failed', error: { code: 'queue_reset' } });
  });

  it('passes over an agent that has no queue any more', async () => {
    await fixture.register('finance');
    await fixture.bus.deleteAgentQueue('finance');
    const { queues } = await reset();
    expect(queues).toContainEqual({ name: agentQueue('finance'), removed: 0 });
  });
});

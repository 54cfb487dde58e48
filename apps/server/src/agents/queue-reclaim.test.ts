import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { MAX_ATTEMPTS } from '@parley/requests';
import { agentQueue, DEAD_LETTER_QUEUE, ParleyError } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { chatEnvelope } from '../outbox/relay.ts';
import { applyEvent } from '../requests/apply-event.ts';
import { reclaimQueue } from './queue-reclaim.ts';

describe('reclaiming the queue of an agent that is gone', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
    await fixture.register('echo');
  });
  afterEach(() => fixture.remove());

  const give = async (): Promise<string> => {
    const message = await fixture.accept('hello');
    await fixture.give(message, 'echo');
    await fixture.bus.publish(agentQueue('echo'), chatEnvelope({ message, attempt: 0 }));
    return message.id;
  };
  const reclaim = (apply: Store['apply'], isGone = () => true): Promise<number> => {
    const services = { ...fixture.services, store: { ...fixture.store, apply } };
    return reclaimQueue('echo', {
      bus: fixture.bus,
      async routeAgain(requestId, agentId) {
        const event = { type: 'agent-gone', requestId, agentId } as const;
        return (await applyEvent(services, event)).outcome === 'done';
      },
      logger: silent,
      isGone,
    });
  };
  const depth = async (queue: string): Promise<number> => {
    const found = (await fixture.bus.depths()).find(({ name }) => name === queue);
    return (found?.ready ?? 0) + (found?.unacknowledged ?? 0);
  };
  const unavailable = new ParleyError('store_unavailable', 'The store cannot be reached.');

  it('holds what is in hand while the store is away, without wearing out its deliveries', async () => {
    const id = await give();
    let isAway = true;
    let tries = 0;
    const reclaimed = reclaim((event) => {
      tries += 1;
      return isAway ? Promise.reject(unavailable) : fixture.store.apply(event);
    });
    await eventually(() => expect(tries).toBeGreaterThan(1));
    const left = fixture.folder.look().prepare('SELECT redeliveries FROM messages').all();
    isAway = false;
    expect(await reclaimed).toBe(1);
    expect(left).toEqual([{ redeliveries: 0 }]);
    expect((await fixture.store.getMessage(id))?.status?.status).toBe('accepted');
    expect(await depth(DEAD_LETTER_QUEUE)).toBe(0);
  });

  it('ends a message that has been routed again too often, with the reason', async () => {
    const message = await fixture.accept('hello');
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      await fixture.store.markPublished([{ messageId: message.id, attempt }]);
      await fixture.give(message, 'echo', attempt);
      await fixture.bus.publish(agentQueue('echo'), chatEnvelope({ message, attempt }));
      expect(await reclaim(fixture.store.apply)).toBe(1);
      const { status } = (await fixture.store.getMessage(message.id)) ?? {};
      expect(status?.status).toBe(attempt + 1 < MAX_ATTEMPTS ? 'accepted' : 'failed');
    }
    const { status } = (await fixture.store.getMessage(message.id)) ?? {};
    expect(status?.error).toMatchObject({
      code: 'agent_offline',
      message: expect.stringContaining('5 times'),
    });
  });

  it('leaves the rest in the queue when the agent comes back while the store is away', async () => {
    await give();
    let tries = 0;
    const reclaimed = reclaim(
      () => {
        tries += 1;
        return Promise.reject(unavailable);
      },
      () => tries === 0,
    );
    expect(await reclaimed).toBe(0);
    expect(await depth(agentQueue('echo'))).toBe(1);
  });
});

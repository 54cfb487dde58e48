import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { agentQueue, DEAD_LETTER_QUEUE, ParleyError, type RoutingDecision } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { chatEnvelope } from '../outbox/chat-envelope.ts';
import { makeServices, type ServicesFixture, silent } from '../testing/server-fixture.ts';
import { reclaimQueue } from './queue-reclaim.ts';

const DECISION: RoutingDecision = {
  agentId: 'echo',
  agentName: 'Echo',
  strategy: 'target',
  confidence: 1,
  reason: 'You asked for it.',
  candidates: [],
};

describe('reclaiming the queue of an agent that is gone', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
    await fixture.register('echo');
  });
  afterEach(() => fixture.remove());

  const give = async (): Promise<string> => {
    const message = await fixture.accept('hello');
    await fixture.store.recordRouting(message.id, 0, DECISION, []);
    await fixture.bus.publish(agentQueue('echo'), chatEnvelope({ message, attempt: 0 }));
    return message.id;
  };
  const reclaim = (reopen: Store['reopen'], isGone = () => true): Promise<number> => {
    const { bus, relay } = fixture.services;
    return reclaimQueue('echo', { bus, store: { ...fixture.store, reopen }, relay, logger: silent, isGone });
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
    const reclaimed = reclaim((...args) => {
      tries += 1;
      return isAway ? Promise.reject(unavailable) : fixture.store.reopen(...args);
    });
    await eventually(() => expect(tries).toBeGreaterThan(1));
    const left = fixture.folder.look().prepare('SELECT redeliveries FROM messages').all();
    isAway = false;
    expect(await reclaimed).toBe(1);
    expect(left).toEqual([{ redeliveries: 0 }]);
    expect((await fixture.store.getMessage(id))?.status?.status).toBe('accepted');
    expect(await depth(DEAD_LETTER_QUEUE)).toBe(0);
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

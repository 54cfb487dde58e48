import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventEnvelope } from '@parley/messaging';
import { deriveId, HEADERS, newId } from '@parley/shared-models';
import { loseAgent } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createDeadLetterHandler } from './dead-letters.ts';

describe('a dead letter', () => {
  let fixture: ServicesFixture;
  let bury: ReturnType<typeof createDeadLetterHandler>;
  beforeEach(async () => {
    fixture = await makeServices();
    bury = createDeadLetterHandler(fixture.services);
  });
  afterEach(() => fixture.remove());

  const stateOf = async (id: string) => (await fixture.store.getMessage(id))?.status?.status;
  const letters = async () => (await fixture.store.listDeadLetters({ limit: 10 })).length;

  it('of a message ends it', async () => {
    const { id, conversationId } = await fixture.accept('order 1 laptop');
    await bury({
      queue: 'dead_letter_queue',
      redeliveries: 0,
      envelope: {
        messageId: id,
        type: 'chat.message',
        timestamp: Date.now(),
        headers: { [HEADERS.conversation]: conversationId },
        body: Buffer.from('{}'),
      },
    });
    expect(await stateOf(id)).toBe('dead_lettered');
  });

  it('of a copy ends nothing when the message has got further by another copy', async () => {
    const { id, conversationId } = await fixture.accept('order 1 laptop');
    await fixture.give({ id }, 'finance');
    const buryIn = (queue: string) =>
      bury({
        queue: 'dead_letter_queue',
        redeliveries: 0,
        envelope: {
          messageId: id,
          type: 'chat.message',
          timestamp: Date.now(),
          headers: {
            [HEADERS.conversation]: conversationId,
            [HEADERS.attempt]: 0,
            [HEADERS.deathQueue]: queue,
          },
          body: Buffer.from('{}'),
        },
      });
    await buryIn('broker_input_queue');
    expect(await stateOf(id)).toBe('routed');
    await loseAgent(fixture.store, { requestId: id, agentId: 'finance' });
    await buryIn('agent_queue_finance');
    expect(await stateOf(id)).toBe('accepted');
    expect(await letters()).toBe(2);
  });

  it('of an event that follows from a message is kept, and the message still waits for its answer', async () => {
    const { id } = await fixture.accept('order 1 laptop');
    const event = {
      id: newId(),
      type: 'order_requested',
      payload: {},
      source: { kind: 'agent', id: 'coordinator', name: 'Coordinator' },
      at: new Date().toISOString(),
      correlationId: id,
      causationId: id,
    } as const;
    await bury({ queue: 'dead_letter_queue', redeliveries: 0, envelope: eventEnvelope('human', event) });
    expect(await letters()).toBe(1);
    expect(await stateOf(id)).toBe('accepted');
  });

  it('of what was said beside the answer is kept, and the message still waits for its answer', async () => {
    const { id } = await fixture.accept('order 1 laptop');
    const task = newId();
    await bury({
      queue: 'dead_letter_queue',
      redeliveries: 0,
      envelope: {
        messageId: deriveId(task, 'report'),
        correlationId: id,
        type: 'chat.reply',
        timestamp: Date.now(),
        headers: { [HEADERS.causation]: task },
        body: Buffer.from('{}'),
      },
    });
    expect(await letters()).toBe(1);
    expect(await stateOf(id)).toBe('accepted');
  });
});

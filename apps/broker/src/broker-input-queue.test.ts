import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { type BusFolder, collectDeliveries, makeBusFolder } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { BROKER_INPUT_QUEUE, ParleyError, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { createBrokerInputHandler } from './broker-input-queue.ts';
import { agent, messageEnvelope } from './testing/messages.ts';

describe('what the broker has in hand', () => {
  let folder: BusFolder;
  let bus: MessageBus;
  beforeEach(async () => {
    folder = await makeBusFolder();
    bus = await folder.open();
  });
  afterEach(() => folder.remove());

  function fixture(failures: number) {
    let left = failures;
    const assigned: string[] = [];
    const stopped = new AbortController();
    // The real queue, away for the first publishes.
    const flaky: MessageBus = {
      ...bus,
      publish: (queue, envelope) =>
        left-- > 0
          ? Promise.reject(new ParleyError('bus_unavailable', 'no connection'))
          : bus.publish(queue, envelope),
    };
    const handle = createBrokerInputHandler(
      flaky,
      {
        agents: () => [agent('echo')],
        recentlyAssigned: () => 0,
        offlineForMs: () => 0,
        graceMs: 0,
        onAssigned: (agentId) => assigned.push(agentId),
      },
      { signal: stopped.signal, logger: createLogger('test', 'silent'), pauseMs: 1 },
    );
    const deliver = (text: string): Promise<void> =>
      handle({ envelope: messageEnvelope(text), queue: BROKER_INPUT_QUEUE, redeliveries: 0 });
    return { deliver, assigned, stopped };
  }

  it('is acknowledged only after the server has it', async () => {
    const { deliver, assigned } = fixture(0);
    await deliver('hello');
    expect((await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE)?.ready).toBe(1);
    expect(assigned).toEqual(['echo']);
  });

  it('is held while the queue takes nothing, and published once it does', async () => {
    const { deliver, assigned } = fixture(3);
    await deliver('hello');
    const forwarded = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, forwarded.handler, { prefetch: 10 });
    await forwarded.waitFor(1);
    expect(assigned).toEqual(['echo']);
  });

  it('goes back to its queue when the broker stops meanwhile', async () => {
    const { deliver, stopped } = fixture(1_000_000);
    const handled = deliver('hello');
    stopped.abort();
    await expect(handled).rejects.toMatchObject({ code: 'bus_unavailable' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { collectDeliveries, type Deliveries, eventually, gate } from '@parley/messaging/test-queue';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  DEAD_LETTER_QUEUE,
  HEADERS,
  newId,
} from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { chatEnvelope } from '../outbox/relay.ts';
import { applyEvent } from '../requests/apply-event.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { startLeaseWatch } from './lease-watch.ts';

describe('the watch over leases', () => {
  let fixture: ServicesFixture;
  let toBroker: Deliveries;
  let watch: { stop(): Promise<void> } | undefined;

  beforeEach(async () => {
    fixture = await makeServices({ HEARTBEAT_MS: '100' });
    toBroker = collectDeliveries();
    await fixture.bus.consume(BROKER_INPUT_QUEUE, toBroker.handler, { prefetch: 100 });
  });
  afterEach(async () => {
    await watch?.stop();
    await fixture.remove();
  });

  const start = ({ graceMs = 0, forgetMs = 600_000, bus = fixture.bus, queueLookMs = 1000 } = {}): void => {
    const { agents, store } = fixture.services;
    watch = startLeaseWatch({
      registry: agents,
      bus,
      store,
      async routeAgain(requestId, agentId) {
        const event = { type: 'agent-gone', requestId, agentId } as const;
        return (await applyEvent(fixture.services, event)).outcome === 'done';
      },
      logger: silent,
      heartbeatMs: 100,
      graceMs,
      forgetMs,
      queueLookMs,
    });
  };
  /** A message that the agent has in its queue and has not taken. */
  const giveTo = async (agentId: string, text: string): Promise<ChatMessage> => {
    const message = await fixture.accept(text);
    await fixture.store.markPublished([{ messageId: message.id, attempt: 0 }]);
    await fixture.give(message, agentId);
    await fixture.bus.publish(agentQueue(agentId), chatEnvelope({ message, attempt: 0 }));
    return message;
  };
  /** Messages that the agent's queue holds, waiting or handed out. */
  const depth = async (agentId: string): Promise<number | undefined> => {
    const found = (await fixture.bus.depths()).find(({ name }) => name === agentQueue(agentId));
    return found && found.ready + found.unacknowledged;
  };
  const stateOf = (agentId: string): string | undefined => fixture.services.agents.get(agentId)?.state;

  it('marks as offline who gives no sign of life', async () => {
    await fixture.register('echo');
    // Only the watch takes it for offline; its lease may have run out by now.
    expect(stateOf('echo')).toBe('online');
    start();
    await eventually(() => expect(stateOf('echo')).toBe('offline'));
  });

  it('marks it also while the queue is away', async () => {
    await fixture.register('echo');
    start({ bus: { ...fixture.bus, health: () => ({ ...fixture.bus.health(), state: 'down' }) } });
    await eventually(() => expect(stateOf('echo')).toBe('offline'));
  });

  it('has routed again what waits for an agent that did not come back, as a further attempt', async () => {
    await fixture.register('echo');
    const messages = [await giveTo('echo', 'one'), await giveTo('echo', 'two')];
    start();
    await toBroker.waitFor(2);
    expect(toBroker.all.map(({ envelope }) => envelope.messageId).sort()).toEqual(
      messages.map(({ id }) => id).sort(),
    );
    expect(toBroker.all.map(({ envelope }) => envelope.headers[HEADERS.attempt])).toEqual([1, 1]);
    await eventually(async () => expect(await depth('echo')).toBe(0));
  });

  it('drops what waits there and has ended meanwhile', async () => {
    await fixture.register('echo');
    const ended = await giveTo('echo', 'stopped');
    await fixture.store.apply({ type: 'stopped', requestId: ended.id });
    const open = await giveTo('echo', 'open');
    start();
    await toBroker.waitFor(1);
    expect(toBroker.all[0]?.envelope.messageId).toBe(open.id);
    await eventually(async () => expect(await depth('echo')).toBe(0));
    const dead = (await fixture.bus.depths()).find(({ name }) => name === DEAD_LETTER_QUEUE);
    expect(dead?.ready ?? 0).toBe(0);
  });

  it('leaves the messages where they are during the grace time', async () => {
    await fixture.register('echo');
    await giveTo('echo', 'patience');
    let looks = 0;
    const health = (): ReturnType<MessageBus['health']> => {
      looks += 1;
      return fixture.bus.health();
    };
    start({ graceMs: 600_000, queueLookMs: 10, bus: { ...fixture.bus, health } });
    await eventually(() => expect(stateOf('echo')).toBe('offline'));
    // The work begun by a look is over when the look after the next begins.
    const before = looks;
    await eventually(() => expect(looks).toBeGreaterThan(before + 2));
    expect(await depth('echo')).toBe(1);
    expect(toBroker.all).toEqual([]);
  });

  it('waits for one that stands still for as long as that may take over a message, unless a sibling is online', async () => {
    const { agents } = fixture.services;
    await fixture.register('echo');
    agents.setConnected('echo', 1, true);
    await giveTo('echo', 'computing');
    await fixture.register('gone');
    await giveTo('gone', 'died');
    start({ queueLookMs: 10 });
    await toBroker.waitFor(1);
    await eventually(async () => expect(await depth('gone')).toBe(0));
    expect(stateOf('echo')).toBe('offline');
    expect(await depth('echo')).toBe(1);
    const sibling = await agents.register({
      agentId: 'echo-2',
      isExclusive: false,
      instanceId: newId(),
      profile: agents.require('echo').profile,
    });
    const beat = { ...sibling, load: 0, metrics: { handled: 0, failed: 0, meanHandleMs: 0 } };
    await eventually(() => {
      agents.heartbeat({ ...beat, state: 'online' });
      expect(toBroker.all).toHaveLength(2);
    });
  });

  it('does not wait for one that an operator took off the list', async () => {
    await fixture.register('echo');
    await giveTo('echo', 'no patience');
    await fixture.services.agents.want('echo', 'offline');
    start({ graceMs: 600_000 });
    await toBroker.waitFor(1);
  });

  it('forgets who is gone for long, with its queue', async () => {
    await fixture.register('echo');
    start({ forgetMs: 0 });
    fixture.services.agents.setConnected('echo', 1, false);
    await eventually(() => expect(stateOf('echo')).toBeUndefined());
    await eventually(async () => expect(await depth('echo')).toBeUndefined());
  });

  it('does not forget one for which a command waits: its id, and with it the command, could become that of another group', async () => {
    const { operators } = fixture.services.commandService;
    await fixture.register('echo');
    const request = { id: newId(), agentId: 'echo', command: 'ls' };
    await operators.run(request, { user: LOCAL_USER, remoteAddress: undefined });
    await fixture.register('gone');
    for (const agentId of ['echo', 'gone']) fixture.services.agents.setConnected(agentId, 1, false);
    start({ forgetMs: 0 });
    await eventually(() => expect(stateOf('gone')).toBeUndefined());
    expect(stateOf('echo')).toBe('offline');
  });

  it('does not forget one that is taken off the list and still there: it would come back by itself', async () => {
    await fixture.register('echo');
    await fixture.services.agents.want('echo', 'offline');
    await fixture.register('gone');
    fixture.services.agents.setConnected('gone', 1, false);
    start({ forgetMs: 0 });
    await eventually(() => expect(stateOf('gone')).toBeUndefined());
    expect(stateOf('echo')).toBe('offline');
  });

  it('leaves to another server the agents that are there', async () => {
    const { agents } = fixture.services;
    await fixture.register('echo');
    const echo = fixture.bus;
    const answer = gate();
    await echo.consume(agentQueue('echo'), () => answer.opened, { prefetch: 1 });
    for (const text of ['in hand', 'waiting']) await giveTo('echo', text);
    // As another server knows it that has started since.
    await agents.load();
    start({ forgetMs: 0 });
    // Two looks at the queues, a second apart.
    for (const agentId of ['gone', 'gone-too']) {
      await fixture.register(agentId);
      await agents.load();
      await eventually(() => expect(stateOf(agentId)).toBeUndefined());
    }
    expect(stateOf('echo')).toBe('offline');
    expect(await depth('echo')).toBe(2);
    expect(toBroker.all).toEqual([]);
    answer.open();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AgentStatusUpdate,
  type ControlPlaneHandlers,
  type ControlPlaneServer,
  type Push,
  startControlPlaneServer,
} from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import {
  type BusFolder,
  collectDeliveries,
  type Deliveries,
  eventually,
  makeBusFolder,
} from '@parley/messaging/test-queue';
import { createLogger, type RunningProcess } from '@parley/process-kit';
import {
  BROKER_INPUT_QUEUE,
  ChatMessage,
  DEAD_LETTER_QUEUE,
  decodeRouting,
  HEADERS,
  newId,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { agent, messageEnvelope, parsed } from '../testing/messages.ts';
import { BrokerConfig } from './config.ts';
import { startBroker } from './start-broker.ts';

const logger = createLogger('test', 'silent');

/** A server that knows agents and nothing else. */
async function startServer(): Promise<{ server: ControlPlaneServer; tell: Push<AgentStatusUpdate>['send'] }> {
  const streams = new Set<Push<AgentStatusUpdate>>();
  const handlers: Partial<ControlPlaneHandlers> = {
    registerBroker: async () => ({ heartbeatMs: 50 }),
    unregisterBroker: async () => {},
    subscribeToAgentStatus(_request, push) {
      streams.add(push);
      if (full !== undefined) push.send(full);
      return () => streams.delete(push);
    },
  };
  let full: AgentStatusUpdate | undefined;
  const server = await startControlPlaneServer({
    host: '127.0.0.1',
    port: 0,
    handlers: handlers as ControlPlaneHandlers,
    logger,
  });
  return {
    server,
    tell(update) {
      if (update.isFull) full = update;
      for (const push of streams) push.send(update);
      return true;
    },
  };
}

describe('a broker', () => {
  let folder: BusFolder;
  let bus: MessageBus;
  let server: Awaited<ReturnType<typeof startServer>>;
  let broker: RunningProcess;
  let forwarded: Deliveries;

  beforeEach(async () => {
    folder = await makeBusFolder();
    bus = await folder.open();
    server = await startServer();
    forwarded = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, forwarded.handler, { prefetch: 100 });
    const config = BrokerConfig.parse({ GRPC_URL: `127.0.0.1:${server.server.port}` });
    broker = startBroker(config, { bus, logger });
  });
  afterEach(async () => {
    await broker.stop();
    await server.server.stop();
    await folder.remove();
  });

  const know = (...agents: ReturnType<typeof agent>[]): void => {
    server.tell({ agents, isFull: true, removed: [] });
  };
  const waiting = async (): Promise<number | undefined> =>
    (await bus.depths()).find(({ name }) => name === BROKER_INPUT_QUEUE)?.ready;
  const receivers = (): unknown[] => forwarded.all.map(({ envelope }) => envelope.headers[HEADERS.receiver]);

  it('takes nothing before it knows the agents: all messages would fail', async () => {
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('hello'));
    expect(await waiting()).toBe(1);
    expect(forwarded.all).toEqual([]);
    know(agent('echo'));
    await forwarded.waitFor(1);
    expect(receivers()).toEqual(['agent:echo']);
  });

  it('follows the agents as they come and go', async () => {
    know(agent('a'));
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('one'));
    await forwarded.waitFor(1);
    server.tell({ agents: [agent('b')], isFull: false, removed: ['a'] });
    await eventually(async () => {
      await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('two'));
      await forwarded.waitFor(forwarded.all.length + 1, 200).catch(() => {});
      expect(receivers().at(-1)).toBe('agent:b');
    });
  });

  it('decides with no older list of the agents than the server had, in the order of the conversation', async () => {
    server.tell({ agents: [agent('a')], isFull: true, removed: [], revision: 'list:1' });
    const conversation = { [HEADERS.conversation]: newId() };
    const knowing = (text: string, revision: string, headers = {}) =>
      messageEnvelope(text, { headers: { [HEADERS.agentsRevision]: revision, ...headers } });
    await bus.publish(BROKER_INPUT_QUEUE, knowing('first', 'list:1'));
    await forwarded.waitFor(1);
    await bus.publish(BROKER_INPUT_QUEUE, knowing('second, for who has just come', 'list:2', conversation));
    await bus.publish(BROKER_INPUT_QUEUE, knowing('third, behind it', 'list:1', conversation));
    await bus.publish(BROKER_INPUT_QUEUE, knowing('fourth, elsewhere', 'list:1'));
    await forwarded.waitFor(2);
    expect(receivers()).toEqual(['agent:a', 'agent:a']);
    server.tell({ agents: [agent('b')], isFull: false, removed: ['a'], revision: 'list:2' });
    await forwarded.waitFor(4);
    expect(receivers()).toEqual(['agent:a', 'agent:a', 'agent:b', 'agent:b']);
    const texts = forwarded.all.map(({ envelope }) => ChatMessage.parse(parsed(envelope)).text);
    expect(texts).toEqual([
      'first',
      'fourth, elsewhere',
      'second, for who has just come',
      'third, behind it',
    ]);
  });

  it('spreads a burst over equal agents, which cannot have said their load yet', async () => {
    know(agent('a'), agent('b'));
    for (let count = 0; count < 10; count++)
      await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope(`${count}`));
    await forwarded.waitFor(10);
    const shares = ['agent:a', 'agent:b'].map(
      (receiver) => receivers().filter((each) => each === receiver).length,
    );
    expect(shares).toEqual([5, 5]);
  });

  it("passes on agents' messages unchanged, with their hop", async () => {
    know();
    const types = ['chat.reply', 'chat.settled', 'chat.failed'];
    const body = Buffer.from('{ whatever');
    for (const type of types) await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('', { type, body }));
    const deliveries = await forwarded.waitFor(3);
    expect(deliveries.map(({ envelope }) => envelope.type)).toEqual(types);
    for (const { envelope } of deliveries) {
      expect(Buffer.from(envelope.body).toString()).toBe('{ whatever');
      expect(envelope.headers[HEADERS.hops]).toMatch(/^server=1;broker=\d+$/);
    }
  });

  it.each([
    ['an unknown type', { type: 'chat.shout' }],
    ['an id that is not a UUID', { messageId: '7' }],
    ['a body that is not JSON', { body: Buffer.from('{') }],
  ])('makes a dead letter of %s, and goes on', async (_what, more) => {
    know(agent('echo'));
    const dead = collectDeliveries();
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('bad', more));
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('good'));
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers[HEADERS.deathReason]).toBe('malformed_message');
    await forwarded.waitFor(1);
    expect(decodeRouting(String(forwarded.all[0]?.envelope.headers[HEADERS.routing])).agentId).toBe('echo');
  });

  it('leaves messages in the queue that it has not taken when it is drained', async () => {
    know(agent('echo'));
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('before'));
    await forwarded.waitFor(1);
    await broker.drain(1000);
    await bus.publish(BROKER_INPUT_QUEUE, messageEnvelope('after'));
    expect(await waiting()).toBe(1);
    expect(forwarded.all).toHaveLength(1);
  });

  it('can be stopped before it has found the server', async () => {
    const config = BrokerConfig.parse({ GRPC_URL: '127.0.0.1:1' });
    const lonely = startBroker(config, { bus, logger });
    await lonely.drain(1000);
    await lonely.stop();
    await lonely.stop();
  });
});

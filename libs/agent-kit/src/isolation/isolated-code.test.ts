import { afterEach, describe, expect, it } from '@jest/globals';
import { type Delivery, eventEnvelope } from '@parley/messaging';
import { collectDeliveries, eventually, makeBusFolder } from '@parley/messaging/test-queue';
import {
  BROKER_INPUT_QUEUE,
  channelQueue,
  DEAD_LETTER_QUEUE,
  encodeSessionHint,
  HEADERS,
  type JsonValue,
  newId,
  ParleyError,
} from '@parley/shared-models';
import { endedAfterEach } from '../../testing/ended-after-each.ts';
import { AGENT, startHandler } from '../../testing/handler-fixture.ts';
import { createInMemoryServices } from '../../testing/in-memory-services.ts';
import isolatedAgent from '../../testing/isolated-agent.ts';
import { recordedLog } from '../../testing/recorded-log.ts';
import type { AgentCode } from '../agent-code.ts';
import { createEventHandler } from '../events/event-handler.ts';
import { isolatedCode } from './isolated-code.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());
const module = new URL('../../testing/isolated-agent.ts', import.meta.url).href;

describe('an agent whose handlers run in threads of their own', () => {
  let code: AgentCode | undefined;
  afterEach(() => code?.close());

  const startIsolated = async (more: Parameters<typeof startHandler>[1] = {}) => {
    const definition = await isolatedAgent();
    code = isolatedCode({ ...definition, attempts: 1 }, { module, data: undefined });
    return start(definition, { ...more, code });
  };

  it('has all that a handler has elsewhere', async () => {
    const { ask, written, bodies, signals } = await startIsolated();
    await ask('all');
    await written.waitFor(2);
    expect(bodies()).toMatchObject([
      { type: 'chat.reply', text: 'Ada 1 0' },
      { type: 'chat.reply', text: 'and more', metadata: { isLast: true } },
    ]);
    await eventually(() =>
      expect(signals.map(({ type }) => type)).toEqual(['chat.typing', 'chat.delta', 'chat.delta']),
    );
    const hint = encodeSessionHint({
      agentId: AGENT.id,
      agentName: AGENT.name,
      group: AGENT.id,
      isHeld: true,
      isEnding: true,
    });
    await ask('END', { headers: { [HEADERS.session]: hint } });
    await ask('later');
    await written.waitFor(4);
    expect(bodies().slice(2)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ text: 'Goodbye Ada' }),
        expect.objectContaining({ text: 'not waited for' }),
      ]),
    );
  });

  it('answers others while one computes for ever, which a stop ends', async () => {
    const { ask, handler, written, bodies } = await startIsolated();
    const computing = await ask('compute');
    await ask('hello');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: 'hello' }]);
    handler.cancel(computing.id);
    await written.waitFor(2);
    expect(bodies()[1]).toMatchObject({ type: 'chat.failed', code: 'cancelled', requestId: computing.id });
    await ask('one');
    await ask('two');
    await written.waitFor(4);
  });

  it('stops what it has asked another agent when it is stopped itself', async () => {
    const asked = Promise.withResolvers<void>();
    const stopped: (AbortSignal | undefined)[] = [];
    const { ask, handler, written, lines } = await startIsolated({
      services: {
        ask: (_, signal) => {
          asked.resolve();
          return new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(new ParleyError('cancelled', 'stopped')));
          });
        },
        cancelAsk: async (_, signal) => {
          stopped.push(signal);
        },
      },
    });
    const { id } = await ask('ask');
    await asked.promise;
    handler.cancel(id);
    await written.waitFor(1);
    await eventually(() => expect(stopped).toEqual([undefined]));
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('hears the signal, and ends by its time', async () => {
    const { ask, handler, written, bodies } = await startIsolated();
    const { id } = await ask('wait');
    await eventually(() => expect(handler.inHand()).toEqual([id]));
    handler.cancel(id);
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.failed', code: 'cancelled' }]);
  });

  it.each([
    ['exit', 'agent_failed', 'Tess failed: the thread of its handler has ended (exit code 3).'],
    ['fill', 'agent_failed', 'Tess failed: the thread of its handler ran out of memory.'],
    ['refuse', 'unavailable', 'The model is away.'],
    ['number', 'agent_failed', 'onMessage of Tess returned the number 42'],
    ['function', 'agent_failed', "The reply's metadata, at f, is a function"],
  ])('fails that message alone, with its reason: %s', async (text, code, message) => {
    const { ask, written, bodies } = await startIsolated();
    await ask(text);
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { type: 'chat.failed', code, message: expect.stringContaining(message) },
    ]);
    await ask('hello');
    await written.waitFor(2);
    expect(bodies()[1]).toMatchObject({ type: 'chat.reply', text: 'hello' });
  });

  it('makes a dead letter of the event when its handler throws', async () => {
    const { ask, dead } = await startIsolated();
    await ask('null');
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers[HEADERS.deathMessage]).toBe('Tess failed: it threw null');
  });
});

describe('events of an agent whose handlers run in threads of their own', () => {
  const startEvents = endedAfterEach(
    async () => {
      const folder = await makeBusFolder();
      const bus = await folder.open({});
      const code = isolatedCode({ ...(await isolatedAgent()), attempts: 1 }, { module, data: undefined });
      const services = createInMemoryServices();
      const handler = createEventHandler({
        bus,
        code: () => code,
        group: () => AGENT.id,
        services: () => services,
        identity: () => ({ ...AGENT, incarnation: 3 }),
        logger: recordedLog().logger,
      });
      const published = collectDeliveries();
      const replies = collectDeliveries();
      const dead = collectDeliveries();
      await bus.declareChannelQueue(AGENT.id, []);
      await bus.declareChannelQueue('watcher', [{ channel: 'agents', type: 'counted' }]);
      await bus.consume(channelQueue('watcher'), published.handler, { prefetch: 10 });
      await bus.consume(BROKER_INPUT_QUEUE, replies.handler, { prefetch: 10 });
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 10 });
      await bus.consume(channelQueue(AGENT.id), handler.handle, { prefetch: 10 });
      return {
        handler,
        published,
        replies,
        dead,
        async tell(type: string, payload: JsonValue = null) {
          const source = { kind: 'agent', id: 'other', name: 'Other' } as const;
          const event = { id: newId(), type, payload, source, at: new Date().toISOString() };
          await bus.publish(channelQueue(AGENT.id), eventEnvelope('agents', event));
          return event.id;
        },
        async remove() {
          handler.abandon();
          await code.close();
          await folder.remove();
        },
      };
    },
    (fixture) => fixture.remove(),
  );
  const textOf = (delivery: Delivery | undefined): unknown =>
    JSON.parse(Buffer.from(delivery?.envelope.body ?? []).toString());

  it('have all that a handler has elsewhere, also while one computes for ever', async () => {
    const { handler, tell, published, replies } = await startEvents();
    const computing = await tell('compute');
    await eventually(() => expect(handler.inHand()).toEqual([computing]));
    const messageId = newId();
    await tell('all', messageId);
    const [reply] = await replies.waitFor(1);
    expect(textOf(reply)).toMatchObject({ text: 'event 1', inReplyTo: messageId, sender: AGENT });
    const [counted] = await published.waitFor(1);
    expect(textOf(counted)).toMatchObject({ type: 'counted', payload: { count: 1 } });
  });

  it.each([
    ['exit', 'agent_failed', 'Tess failed: the thread of its handler has ended (exit code 3).'],
    ['wrong.shape', 'malformed_message', 'the payload of wrong.shape is not as Tess wants it: count'],
    ['wrong.reply', 'agent_failed', 'reply() was given the number 42'],
  ])('become dead letters with their reason: %s', async (type, reason, message) => {
    const { tell, dead, replies } = await startEvents();
    await tell(type, { count: 'one' });
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers).toMatchObject({
      [HEADERS.deathReason]: reason,
      [HEADERS.deathMessage]: expect.stringContaining(message),
    });
    await tell('all', newId());
    await replies.waitFor(1);
  });
});

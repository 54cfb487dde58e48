import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startControlPlaneServer } from '@parley/control-plane';
import { createInMemoryHandlers, type InMemoryHandlers } from '@parley/control-plane/testing';
import type { MessageBus } from '@parley/messaging';
import { type BusFolder, collectDeliveries, makeBusFolder } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import {
  agentQueue,
  agentSignalKey,
  BROKER_INPUT_QUEUE,
  HEADERS,
  newId,
  ParleyError,
} from '@parley/shared-models';
import { recordedLog } from '../testing/recorded-log.ts';
import { requestEnvelope, requestOf } from '../testing/requests.ts';
import type { AgentDefinition } from './agent-definition.ts';
import { type RunningAgent, startAgent } from './start-agent.ts';

const logger = createLogger('test', 'silent');

function computeFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('a running agent', () => {
  let folder: BusFolder;
  let handlers: InMemoryHandlers;
  let server: Awaited<ReturnType<typeof startControlPlaneServer>>;
  let agent: RunningAgent | undefined;
  beforeEach(async () => {
    folder = await makeBusFolder();
    handlers = createInMemoryHandlers();
    server = await startControlPlaneServer({ host: '127.0.0.1', port: 0, handlers, logger });
  });
  afterEach(async () => {
    await agent?.stop();
    await server.stop();
    await folder.remove();
  });

  const start = (bus: MessageBus, definition: Partial<AgentDefinition> = {}): RunningAgent => {
    agent = startAgent({
      definition: { name: 'Echo', description: 'Echoes', onMessage: ({ text }) => text, ...definition },
      bus,
      grpcUrl: `127.0.0.1:${server.port}`,
      logger,
    });
    return agent;
  };

  /** With the queue that a server makes before it takes the agent in. */
  const openBus = async (): Promise<MessageBus> => {
    const bus = await folder.open();
    await bus.declareAgentQueue('echo');
    return bus;
  };

  const ask = (bus: MessageBus, text: string): Promise<void> =>
    bus.publish(agentQueue('echo'), requestEnvelope(requestOf(text)));

  it('goes on trying to take messages when the queue was away as it was resumed', async () => {
    const bus = await openBus();
    const written = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 10 });
    let refusals = 2;
    handlers.wanted = 'paused';
    start({
      ...bus,
      async consume(...asked) {
        if (refusals-- > 0) throw new ParleyError('bus_unavailable', 'The queue is away.');
        return bus.consume(...asked);
      },
    });
    await handlers.next('heartbeat');
    handlers.wanted = 'online';
    await ask(bus, 'still there?');
    await written.waitFor(1);
  });

  it('answers what it has in hand under its new number when it registers again', async () => {
    const bus = await openBus();
    const written = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 10 });
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const definition = {
      name: 'Echo',
      description: 'Echoes',
      concurrency: 1,
      async onMessage({ text }: { text: string }) {
        begun.resolve();
        await finish.promise;
        return text;
      },
    };
    const running = start(bus, definition);
    await handlers.next('heartbeat');
    await ask(bus, 'take your time');
    await begun.promise;
    const registered = handlers.next('registerAgent');
    running.update({ ...definition, concurrency: 2 });
    await registered;
    await handlers.next('heartbeat');
    finish.resolve();
    await written.waitFor(1);
    expect(written.all[0]?.envelope.headers[HEADERS.incarnation]).toBe(2);
  });

  it('says which message held the process, offers its answer all the same, and asks about what it has in hand', async () => {
    const bus = await openBus();
    const written = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 10 });
    const { logger: recorder, lines } = recordedLog();
    const ended = new Set<string>();
    handlers.isWanted = async ({ requestId }) => !ended.has(requestId);
    const stopped = Promise.withResolvers<void>();
    const waiting = requestOf('wait');
    const computing = requestOf('compute');
    agent = startAgent({
      definition: {
        name: 'Echo',
        onMessage({ text, signal }) {
          if (text === 'wait') {
            return new Promise((resolve) =>
              signal.addEventListener('abort', () => {
                stopped.resolve();
                resolve('too late');
              }),
            );
          }
          // As if the server had given the agent up meanwhile.
          ended.add(waiting.id);
          handlers.forget('echo');
          computeFor(3_200);
          return 'computed';
        },
      },
      bus,
      grpcUrl: `127.0.0.1:${server.port}`,
      logger: recorder,
    });
    await handlers.next('heartbeat');
    await bus.publish(agentQueue('echo'), requestEnvelope(waiting));
    await bus.publish(agentQueue('echo'), requestEnvelope(computing));
    await written.waitFor(1);
    await stopped.promise;
    expect(written.all.map(({ envelope }) => [envelope.type, envelope.correlationId])).toEqual([
      ['chat.reply', computing.id],
    ]);
    const said = lines.filter(({ message }) => message.includes('held the process'));
    expect(said).toEqual([
      {
        level: 'warn',
        message: expect.stringMatching(/message [\w-]+.* held the process for \d\.\d s .*`isolated: true`/s),
        fields: expect.objectContaining({ messages: expect.arrayContaining([computing.id]) }),
      },
    ]);
  });

  it('hears that an answer is stopped while it takes no more messages', async () => {
    const bus = await openBus();
    const written = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 10 });
    const begun = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const running = start(bus, {
      onMessage: ({ signal }) =>
        new Promise((_resolve, reject) => {
          begun.resolve();
          signal.addEventListener('abort', () => {
            stopped.resolve();
            reject(signal.reason);
          });
        }),
    });
    await handlers.next('heartbeat');
    const request = requestOf('take your time');
    await bus.publish(agentQueue('echo'), requestEnvelope(request));
    await begun.promise;
    const draining = handlers.next('heartbeat');
    const drained = running.drain(60_000);
    await draining;
    const body = Buffer.from(JSON.stringify({ messageId: request.id }));
    bus.signal({ type: 'chat.cancel', key: agentSignalKey('echo'), body });
    await stopped.promise;
    await drained;
    await written.waitFor(1);
    expect(written.all[0]?.envelope.type).toBe('chat.failed');
  });

  it('stops its commands at once when another process has taken its place: they are lost, and may be run again', async () => {
    const bus = await openBus();
    const begun = Promise.withResolvers<AbortSignal>();
    const running = start(bus, {
      async onCommand({ begin, signal }) {
        await begin();
        begun.resolve(signal);
        await once(signal, 'abort');
      },
    });
    while (handlers.commandStreams.get('echo') === undefined) await handlers.next('receiveCommands');
    handlers.commandStreams.get('echo')?.send({
      commandId: newId(),
      type: 'shell',
      content: 'take your time',
      timeoutMs: 0,
      isCancellation: false,
    });
    const signal = await begun.promise;
    handlers.takeOver('echo');
    await expect(running.ended).rejects.toThrow('Another process has taken over the agent id "echo"');
    expect(signal.aborted).toBe(true);
  });
});

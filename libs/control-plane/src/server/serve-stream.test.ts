import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type AgentCommand, newId, ParleyError } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { agentStatus, createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { stockStub } from '../../testing/stock-stubs.ts';
import type { Push } from '../contracts/handlers.ts';
import type { AgentStatusUpdate } from '../contracts/status.ts';

describe('a stream that the server pushes into', () => {
  const loopback = onLoopback();
  const update: AgentStatusUpdate = {
    agents: [agentStatus({ description: 'x'.repeat(500), examples: Array(200).fill('x'.repeat(300)) })],
    isFull: false,
    removed: [],
  };

  it('is ended with RESOURCE_EXHAUSTED when the subscriber does not read, and takes no more', async () => {
    const { url, handlers, logger } = await loopback.serve({ maxPendingPerStream: 10 });
    const stub = loopback.stopLater(
      stockStub('parley/v1/agent_status.proto', 'parley.v1.AgentStatusService', url),
    );
    const subscribed = handlers.next('subscribeToAgentStatus');
    const stream = stub.SubscribeToAgentStatus?.({ subscriber_id: 'slow' });
    if (stream === undefined) throw new Error('no such rpc');
    await subscribed;
    const push = handlers.statusStreams.get('slow');
    const gone = handlers.next('subscribeToAgentStatus gone');
    let taken = 0;
    while (push?.send(update)) taken += 1;
    await gone;
    // 10 wait, 16 are with the library; nobody has read any.
    expect(taken).toBeLessThanOrEqual(27);
    expect(push?.send(update)).toBe(false);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a subscriber reads too slowly: ended' }),
    );

    let read = 0;
    const ended = (async () => {
      for await (const _ of stream) read += 1;
    })();
    await expect(ended).rejects.toMatchObject({ code: 8, details: expect.stringContaining('too slowly') });
    expect(read).toBeLessThanOrEqual(taken);
  });

  it('delivers everything, in order, to a subscriber that reads more slowly than it is written to', async () => {
    const { url, handlers } = await loopback.serve();
    const client = loopback.connect(url);
    const subscribed = handlers.next('subscribeToAgentStatus');
    const received = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }), 201);
    await subscribed;
    const push = handlers.statusStreams.get('b-1');
    for (let n = 0; n < 200; n++) {
      expect(push?.send({ agents: [], isFull: false, removed: [String(n)] })).toBe(true);
    }
    expect((await received).slice(1).map(({ removed }) => removed[0])).toEqual(
      Array.from({ length: 200 }, (_, n) => String(n)),
    );
  });

  it('delivers what was pushed before the server ended it', async () => {
    const { url, handlers } = await loopback.serve();
    const subscribed = handlers.next('subscribeToAgentStatus');
    const received = collect(loopback.connect(url).subscribeToAgentStatus({ subscriberId: 'b-1' }));
    await subscribed;
    const push = handlers.statusStreams.get('b-1');
    for (let n = 0; n < 50; n++) push?.send({ agents: [], isFull: false, removed: [] });
    push?.end();
    expect(await received).toHaveLength(51);
    expect(push?.send(update)).toBe(false);
  });

  it('is released once, whichever side ends it', async () => {
    const { url, handlers } = await loopback.serve();
    const client = loopback.connect(url);
    const halt = new AbortController();
    const subscribed = handlers.next('subscribeToAgentStatus');
    const received = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }, { signal: halt.signal }));
    await subscribed;
    const push = handlers.statusStreams.get('b-1');
    push?.end();
    push?.end(new ParleyError('internal', 'again'));
    halt.abort();
    await received.catch(() => {});
    await client.registerBroker({ brokerId: 'b-1', name: 'Broker' });
    expect(handlers.requests.filter(({ rpc }) => rpc === 'subscribeToAgentStatus gone')).toHaveLength(1);
  });

  it('is released when it is cut before its handler has let the subscriber in', async () => {
    const handlers = createInMemoryHandlers();
    const asked = Promise.withResolvers<Push<AgentCommand>>();
    const mayEnter = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    handlers.receiveCommands = async (_, push) => {
      asked.resolve(push);
      await mayEnter.promise;
      return released.resolve;
    };
    const command = {
      commandId: newId(),
      type: 'status' as const,
      content: '',
      timeoutMs: 0,
      isCancellation: false,
    };
    const { url } = await loopback.serve({ handlers });
    const halt = new AbortController();
    const client = loopback.connect(url);
    const received = collect(
      client.receiveCommands({ agentId: 'echo', incarnation: 1 }, { signal: halt.signal }),
    );
    const push = await asked.promise;
    halt.abort();
    await expect(received).rejects.toMatchObject({ code: 'cancelled' });
    while (push.send(command)) await setImmediate();
    mayEnter.resolve();
    await released.promise;
  });

  it('is given up by a client whose server does not accept it in time', async () => {
    const handlers = createInMemoryHandlers();
    handlers.receiveCommands = () => new Promise(() => {});
    const { url } = await loopback.serve({ handlers });
    const client = loopback.connect(url, { deadlines: { openStreamMs: 30 } });
    await expect(collect(client.receiveCommands({ agentId: 'echo', incarnation: 1 }))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the server did not accept the stream within 30 ms',
    });
  });
});

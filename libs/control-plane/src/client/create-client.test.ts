import { describe, expect, it } from '@jest/globals';
import { newId, ParleyError } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { startTcpProxy } from '../../testing/tcp-proxy.ts';

const broker = { brokerId: 'b-1', name: 'Broker' };

describe('a control plane client', () => {
  const loopback = onLoopback();

  /** A server that takes the registration of a broker and keeps its answer to itself. */
  async function silent() {
    const handlers = createInMemoryHandlers();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ heartbeatMs: number }>();
    handlers.registerBroker = () => {
      asked.resolve();
      return answer.promise;
    };
    return { ...(await loopback.serve({ handlers })), asked: asked.promise, answer };
  }

  it('gives a server that is not there up at once, and says why', async () => {
    const failure = loopback.connect('127.0.0.1:1').registerBroker(broker);
    await expect(failure).rejects.toBeInstanceOf(ParleyError);
    await expect(failure).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('gives a server that does not answer up after the deadline', async () => {
    const { url } = await silent();
    const client = loopback.connect(url, { deadlines: { callMs: 50 } });
    await expect(client.registerBroker(broker)).rejects.toMatchObject({
      code: 'unavailable',
      cause: { code: 4 },
    });
  });

  it('gives something that accepts connections and is no server up after the deadline', async () => {
    const { server } = await loopback.serve();
    const mute = loopback.stopLater(await startTcpProxy(server.port));
    mute.silence();
    const deadlines = { callMs: 50, openStreamMs: 50 };
    const client = loopback.connect(`127.0.0.1:${mute.port}`, { deadlines });
    await expect(client.whenReady(50)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(client.registerBroker(broker)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(client.sendCommandOutput().end()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is ready when it is connected', async () => {
    const { url } = await loopback.serve();
    await loopback.connect(url).whenReady();
  });

  it('stops a call when it is told to', async () => {
    const { url, asked } = await silent();
    const halt = new AbortController();
    const answer = loopback.connect(url).registerBroker(broker, halt.signal);
    await asked;
    halt.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    await expect(loopback.connect(url).registerBroker(broker, halt.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('cancels every call when it is closed, and makes no new one', async () => {
    const { url, handlers, asked } = await silent();
    const client = loopback.connect(url, { deadlines: { callMs: 600_000 } });
    const answer = client.registerBroker(broker);
    const subscribed = handlers.next('subscribeToAgentStatus');
    const updates = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }));
    const output = client.sendCommandOutput();
    await Promise.all([asked, subscribed]);
    client.close();
    client.close();
    for (const cut of [answer, updates, output.end(), client.registerBroker(broker), client.whenReady()]) {
      await expect(cut).rejects.toBeInstanceOf(ParleyError);
    }
  });

  it('lets calls under way end on their old channel when it takes a fresh one', async () => {
    const { url, asked, answer } = await silent();
    const client = loopback.connect(url);
    const registered = client.registerBroker(broker);
    await asked;
    client.renewChannel();
    answer.resolve({ heartbeatMs: 5 });
    expect(await registered).toEqual({ heartbeatMs: 5 });
    expect(await client.registerBroker(broker)).toEqual({ heartbeatMs: 5 });
  });

  it('says which field of an answer is not as the protocol has it', async () => {
    const handlers = createInMemoryHandlers();
    handlers.registerBroker = async () => ({ heartbeatMs: -1 });
    const { url } = await loopback.serve({ handlers });
    await expect(loopback.connect(url).registerBroker(broker)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining("The server's answer is malformed: heartbeat_ms: "),
    });
  });

  it('waits with the next piece of output until the server has taken enough', async () => {
    const handlers = createInMemoryHandlers();
    const mayTake = Promise.withResolvers<void>();
    handlers.sendCommandOutput = () => mayTake.promise;
    const { url } = await loopback.serve({ handlers });
    const output = loopback.connect(url).sendCommandOutput();
    const piece = { commandId: newId(), agentId: 'echo', incarnation: 1, stream: 'stdout' as const };
    let sent = 0;
    const sending = (async () => {
      for (let seq = 1; seq <= 100; seq++) {
        await output.send({ ...piece, seq, data: 'x'.repeat(60_000) });
        sent = seq;
      }
    })();
    // The connection's own messages are sent by the time that this call, on a connection of its own, is answered.
    for (let n = 0; n < 20; n++) await loopback.connect(url).registerBroker(broker);
    expect(sent).toBeLessThan(50);
    mayTake.resolve();
    await sending;
    expect(await output.end()).toBe(100);
  });

  it('refuses output after the end without taking the process down', async () => {
    const { url } = await loopback.serve();
    const output = loopback.connect(url).sendCommandOutput();
    expect(await output.end()).toBe(0);
    const piece = {
      commandId: newId(),
      agentId: 'echo',
      incarnation: 1,
      stream: 'stdout' as const,
      data: '',
    };
    await expect(output.send({ ...piece, seq: 1 })).rejects.toMatchObject({
      message: 'The stream has ended.',
    });
  });
});

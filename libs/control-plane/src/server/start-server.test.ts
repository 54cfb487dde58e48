import { experimental, logVerbosity } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { call, healthStub, type StockStream } from '../../testing/stock-stubs.ts';

describe('the control plane server', () => {
  const loopback = onLoopback();

  it('says which port is taken, with the code of the system', async () => {
    const { server } = await loopback.serve();
    const second = loopback.serve({ port: server.port });
    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: '127.0.0.1',
      port: server.port,
      message: `gRPC cannot listen on 127.0.0.1:${server.port}: the port is in use by another process`,
    });
  });

  it('says that an address is not one of this machine', async () => {
    await expect(loopback.serve({ host: '203.0.113.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('listens on IPv6 too', async () => {
    const { server } = await loopback.serve({ host: '::1' });
    const client = loopback.connect(`[::1]:${server.port}`);
    expect(await client.registerBroker({ brokerId: 'b-1', name: 'Broker' })).toEqual({ heartbeatMs: 20 });
  });

  it('frees its port when it stops, and stops twice without harm', async () => {
    const { server } = await loopback.serve();
    await server.stop();
    await server.stop();
    const { server: next } = await loopback.serve({ port: server.port });
    expect(next.port).toBe(server.port);
  });

  it('ends its streams with unavailable when it drains, then waits for the calls in hand', async () => {
    const handlers = createInMemoryHandlers();
    const asked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    handlers.registerBroker = async () => {
      asked.resolve();
      await mayAnswer.promise;
      return { heartbeatMs: 77 };
    };
    const { server, url } = await loopback.serve({ handlers });
    const client = loopback.connect(url);
    const subscribed = handlers.next('subscribeToAgentStatus');
    const updates = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }));
    const answer = client.registerBroker({ brokerId: 'b-1', name: 'Broker' });
    await Promise.all([subscribed, asked.promise]);

    const drained = server.drain(10_000);
    await expect(updates).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The server is shutting down.',
    });
    await expect(loopback.connect(url).whenReady(200)).rejects.toMatchObject({ code: 'unavailable' });
    mayAnswer.resolve();
    expect(await answer).toEqual({ heartbeatMs: 77 });
    await drained;
  });

  it('waits no longer than it was told to when it drains', async () => {
    const handlers = createInMemoryHandlers();
    const asked = Promise.withResolvers<void>();
    handlers.registerBroker = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const { server, url } = await loopback.serve({ handlers });
    const client = loopback.connect(url, { deadlines: { callMs: 600_000 } });
    const answer = client.registerBroker({ brokerId: 'b-1', name: 'Broker' });
    await asked.promise;
    await server.drain(20);
    await server.stop();
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('cuts every call and stream when it stops', async () => {
    const handlers = createInMemoryHandlers();
    const asked = Promise.withResolvers<void>();
    handlers.registerBroker = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const { server, url } = await loopback.serve({ handlers });
    const client = loopback.connect(url, { deadlines: { callMs: 600_000 } });
    const answer = client.registerBroker({ brokerId: 'b-1', name: 'Broker' });
    const subscribed = handlers.next('subscribeToAgentStatus');
    const updates = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }));
    await Promise.all([asked.promise, subscribed]);
    const gone = handlers.next('subscribeToAgentStatus gone');
    await server.stop();
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    await expect(updates).rejects.toMatchObject({ code: 'unavailable' });
    await gone;
  });

  it('keeps the log of the gRPC library off the terminal', async () => {
    const { logger } = await loopback.serve();
    experimental.log(logVerbosity.ERROR, 'something is odd');
    expect(logger.lines).toEqual([
      { level: 'debug', message: 'something is odd', fields: { library: 'grpc-js' } },
    ]);
  });
});

describe('the health service', () => {
  const loopback = onLoopback();

  it('serves from the start, as a whole and for each service', async () => {
    const { url } = await loopback.serve();
    const stub = loopback.stopLater(healthStub(url));
    for (const service of ['', 'parley.v1.CommandService', 'parley.v1.AgentStatusService']) {
      expect(await call(stub, 'check', { service })).toEqual({ status: 'SERVING' });
    }
    await expect(call(stub, 'check', { service: 'parley.v1.Nothing' })).rejects.toMatchObject({ code: 5 });
  });

  it('reports the status that the server was given', async () => {
    const { url, server } = await loopback.serve();
    const stub = loopback.stopLater(healthStub(url));
    server.setServing(false);
    expect(await call(stub, 'check', { service: '' })).toEqual({ status: 'NOT_SERVING' });
    server.setServing(true);
    expect(await call(stub, 'check', { service: '' })).toEqual({ status: 'SERVING' });
  });

  it('tells a watcher of every change, and does not let it hold up a server that drains', async () => {
    const { url, server } = await loopback.serve();
    const stub = loopback.stopLater(healthStub(url));
    const watch = stub.watch?.({ service: '' }) as StockStream;
    const ended = new Promise<{ code: number }>((resolve) => watch.on('error', resolve));
    const statuses: unknown[] = [];
    watch.on('data', ({ status }: { status: string }) => {
      statuses.push(status);
      if (statuses.length === 1) server.setServing(false);
      if (statuses.length === 2) server.setServing(true);
      if (statuses.length === 3) void server.drain(60_000);
    });
    expect(await ended).toMatchObject({ code: 14 });
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  });
});

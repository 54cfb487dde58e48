import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { recordingLogger } from '../../testing/recording-logger.ts';
import type { CallContext, ControlPlaneHandlers, Push } from '../contracts/handlers.ts';
import { CONTRACTS } from '../contracts/index.ts';
import { createLocalClient } from './local-client.ts';

type Client = Readonly<Record<string, (...args: unknown[]) => unknown>>;
const caller: Omit<CallContext, 'signal'> = { peer: '127.0.0.1:7', isBroker: false, hold() {} };

function localClient(handlers: object) {
  const log = recordingLogger();
  const client = createLocalClient({
    handlers: handlers as Partial<ControlPlaneHandlers>,
    caller,
    logger: log,
  });
  return { client, calls: client as unknown as Client, log };
}

const kinds = Object.entries(CONTRACTS).filter(([, { kind }]) => kind !== 'duplex');

describe("a client in the server's own process", () => {
  it.each(kinds)('carries the example of each contract there and back: %s', async (name, contract) => {
    const { request, item, answer } = contract.example as {
      request: object;
      item?: unknown;
      answer?: unknown;
    };
    const seen: unknown[] = [];
    const { calls } = localClient({
      async [name](given: unknown, push: Push<unknown>) {
        seen.push(given);
        if (contract.kind === 'pushed') push.send(item);
        return contract.kind === 'pushed' ? () => {} : answer;
      },
    });
    if (contract.kind === 'unary') {
      const given = await calls[name]?.(request);
      if (typeof answer !== 'object' || answer === null) expect(given).toBe(answer);
      else expect(given).toMatchObject(answer);
    } else if (contract.kind === 'pushed')
      expect(await collect(calls[name]?.(request) as AsyncIterable<unknown>, 1)).toMatchObject([item]);
    else {
      const stream = calls[name]?.() as { send(given: unknown): Promise<void>; end(): Promise<number> };
      await stream.send(request);
      expect(await stream.end()).toBe(1);
    }
    expect(seen).toMatchObject([request]);
  });

  it('has what it sends checked as if it came over a connection', async () => {
    const { calls } = localClient({ getMemory: () => Promise.reject(new Error('it was handled')) });
    const call = calls.getMemory?.({ agentId: 'a', incarnation: 1, subject: '', key: '' });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request', details: { path: 'key.key' } });
  });

  it('passes on a refusal of a handler, and hides its other errors', async () => {
    const refused = localClient({
      heartbeat: () => Promise.reject(new ParleyError('not_registered', 'Who?')),
    });
    const { request } = CONTRACTS.heartbeat.example;
    await expect(refused.client.heartbeat(request)).rejects.toMatchObject({ code: 'not_registered' });
    const broken = localClient({ heartbeat: () => Promise.reject(new Error('a secret')) });
    await expect(broken.client.heartbeat(request)).rejects.toMatchObject({
      code: 'internal',
      message: expect.not.stringContaining('secret'),
    });
    expect(JSON.stringify(broken.log.lines)).toContain('heartbeat');
  });

  it('ends calls and streams when it is closed, each stream once', async () => {
    let released = 0;
    const { client } = localClient({
      heartbeat: () => new Promise(() => {}),
      receiveCommands: () => () => {
        released += 1;
      },
    });
    const call = client.heartbeat(CONTRACTS.heartbeat.example.request);
    const stream = collect(client.receiveCommands(CONTRACTS.receiveCommands.example.request), 1);
    const outcomes = Promise.allSettled([call, stream]);
    await new Promise(setImmediate);
    client.close();
    const cancelled = { status: 'rejected', reason: { code: 'cancelled' } };
    expect(await outcomes).toMatchObject([cancelled, cancelled]);
    expect(released).toBe(1);
    await expect(client.heartbeat(CONTRACTS.heartbeat.example.request)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('ends a stream that is not read', async () => {
    const { client } = localClient({
      receiveCommands(_: unknown, push: Push<unknown>) {
        while (push.send(CONTRACTS.receiveCommands.example.item));
        return () => {};
      },
    });
    const stream = collect(client.receiveCommands(CONTRACTS.receiveCommands.example.request), 10_000);
    await expect(stream).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

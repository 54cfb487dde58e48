import { describe, expect, it } from '@jest/globals';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { methodOf, serviceDefinitions } from '../proto-definitions.ts';
import { createCredentials } from '../server/credentials.ts';
import type { AnyContract } from './contract.ts';
import { CONTRACTS } from './index.ts';

type AnyClient = Readonly<Record<string, (request?: unknown) => unknown>>;
type Both = { readonly events: AsyncIterable<unknown> } | undefined;
const contracts = Object.entries(CONTRACTS as unknown as Record<string, AnyContract>);

/** Makes a call of any kind, and gives its result. */
async function make(client: AnyClient, name: string, contract: AnyContract): Promise<unknown> {
  const { request } = contract.example;
  if (contract.kind === 'unary') return client[name]?.(request);
  if (contract.kind === 'pushed')
    return (await collect(client[name]?.(request) as AsyncIterable<unknown>, 1))[0];
  if (contract.kind === 'duplex') {
    const both = client[name]?.(request) as Both;
    return both === undefined ? undefined : (await collect(both.events, 1))[0];
  }
  const stream = client[name]?.() as { send(item: unknown): Promise<void>; end(): Promise<number> };
  const sent = stream.send(request);
  return (await Promise.all([sent, stream.end()]))[1];
}

describe('the contract of each RPC', () => {
  const loopback = onLoopback();

  it.each(contracts)('has an rpc of its kind in the .proto files: %s', (_, contract) => {
    const { requestStream, responseStream } = methodOf(contract);
    const kinds = {
      unary: [false, false],
      pushed: [false, true],
      sent: [true, false],
      duplex: [true, true],
    };
    expect([requestStream, responseStream]).toEqual(kinds[contract.kind]);
  });

  it('leaves no rpc of the .proto files out, and names none twice', () => {
    const inProtos = [...serviceDefinitions()].flatMap(([service, definition]) =>
      Object.keys(definition).map((rpc) => `${service}.${rpc}`),
    );
    expect(contracts.map(([, { service, rpc }]) => `${service}.${rpc}`).sort()).toEqual(inProtos.sort());
  });

  it.each(contracts)('carries its example there and back: %s', async (name, contract) => {
    const handlers = createInMemoryHandlers();
    const requests: unknown[] = [];
    const answering = {
      async [name](request: unknown, push: unknown, pushOfDuplex: unknown) {
        requests.push(request);
        if (contract.kind === 'duplex') {
          (pushOfDuplex as { send(item: unknown): void }).send(contract.example.event);
          return;
        }
        if (contract.kind === 'pushed') {
          (push as { send(item: unknown): void }).send(contract.example.item);
          return () => {};
        }
        return contract.kind === 'unary' ? contract.example.answer : undefined;
      },
    };
    const { url } = await loopback.serve({ handlers: { ...handlers, ...answering } });
    const client = loopback.connect(url) as unknown as AnyClient;
    const came = await make(client, name, contract);
    expect(requests).toMatchObject([contract.example.request as object]);
    if (contract.kind === 'sent') expect(came).toBe(1);
    else {
      const { example } = contract;
      const { item, answer = item, event = answer } = example as Record<string, unknown>;
      const expected = event;
      if (typeof expected === 'object') expect(came).toMatchObject(expected as object);
      else expect(came).toBe(expected);
    }
  });

  const guarded = contracts.filter(([, { caller }]) => caller !== 'anybody');
  it.each(guarded)('is closed to who does not show that it may call: %s', async (name, contract) => {
    const credentials = createCredentials('a key that only servers have');
    const { url, handlers } = await loopback.serve({ credentials });
    const stranger = loopback.connect(url) as unknown as AnyClient;
    await expect(make(stranger, name, contract)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(handlers.requests).toEqual([]);
  });

  it('lets anybody do no more than register and look at agents', () => {
    expect(contracts.filter(([, { caller }]) => caller === 'anybody').map(([name]) => name)).toEqual([
      'registerAgent',
      'registerBroker',
      'getAgentStatus',
      'subscribeToAgentStatus',
      // It registers, and is then the agent that it has become.
      'work',
    ]);
  });
});

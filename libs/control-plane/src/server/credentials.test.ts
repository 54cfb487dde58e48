import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Metadata, status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentProfile, newId } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { call, stockStub } from '../../testing/stock-stubs.ts';
import { createCredentials } from './credentials.ts';
import type { RefusedCall } from './refusal-log.ts';

const profile = AgentProfile.parse({ name: 'Echo', group: 'echo' });
const metrics = { handled: 0, failed: 0, meanHandleMs: 0 };
const refused = { code: 'unauthenticated' };

describe('a server that gives credentials', () => {
  const loopback = onLoopback();
  const credentials = createCredentials('a key that only servers have');

  async function twoAgents() {
    const calls: RefusedCall[] = [];
    const onRefused = (call: RefusedCall): void => void calls.push(call);
    const { url, handlers, logger } = await loopback.serve({ credentials, onRefused });
    const [echo, mallory] = [loopback.connect(url), loopback.connect(url)];
    const register = (client: typeof echo, agentId: string) =>
      client.registerAgent({ agentId, isExclusive: false, instanceId: newId(), profile });
    await register(echo, 'echo');
    await register(mallory, 'mallory');
    return { url, handlers, echo, mallory, calls, logger };
  }
  const beat = { incarnation: 1, load: 0, metrics, state: 'online' as const };

  it('lets agents speak for themselves', async () => {
    const { echo } = await twoAgents();
    expect(await echo.heartbeat({ agentId: 'echo', ...beat })).toEqual({
      state: 'online',
      peopleSignIn: false,
    });
    const services = echo.servicesFor(() => ({ agentId: 'echo', incarnation: 1 }));
    await services.putMemory({ subject: '', key: 'k', value: '1' });
  });

  it('refuses an agent that speaks for another, in every kind of call', async () => {
    const { mallory, handlers, calls, logger } = await twoAgents();
    const caller = { agentId: 'echo', incarnation: 1 };
    const before = handlers.requests.length;
    const services = mallory.servicesFor(() => caller);
    await expect(mallory.heartbeat({ agentId: 'echo', ...beat })).rejects.toMatchObject(refused);
    await expect(mallory.unregisterAgent(caller)).rejects.toMatchObject(refused);
    await expect(collect(mallory.receiveCommands(caller), 1)).rejects.toMatchObject(refused);
    await expect(services.getMemory({ subject: '', key: 'k' })).rejects.toMatchObject(refused);
    await expect(services.history({ requestId: newId(), limit: 1 })).rejects.toMatchObject(refused);
    await expect(services.claimTasks({ limit: 1 })).rejects.toMatchObject(refused);
    await expect(
      mallory.sendCommandResult({
        ...caller,
        commandId: newId(),
        success: true,
        truncated: false,
        durationMs: 1,
      }),
    ).rejects.toMatchObject(refused);
    const output = mallory.sendCommandOutput();
    const sending = output.send({ ...caller, commandId: newId(), stream: 'stdout', seq: 1, data: 'x' });
    await expect(Promise.all([sending, output.end()])).rejects.toMatchObject(refused);
    expect(handlers.requests).toHaveLength(before);
    expect(calls).toEqual(
      Array(8).fill({
        kind: 'credential',
        peer: expect.stringMatching(/^127\.0\.0\.1:/),
        method: expect.any(String),
        agentId: 'echo',
      }),
    );
    expect(logger.lines.filter(({ level }) => level === 'warn')[0]?.fields).toMatchObject({
      agentId: 'echo',
    });
  });

  it('refuses a credential of an earlier incarnation for a later one', async () => {
    const { echo } = await twoAgents();
    await expect(echo.heartbeat({ agentId: 'echo', ...beat, incarnation: 2 })).rejects.toMatchObject(refused);
  });

  it('refuses a caller that has not registered at all', async () => {
    const { url } = await twoAgents();
    const stranger = loopback.connect(url);
    await expect(stranger.heartbeat({ agentId: 'echo', ...beat })).rejects.toMatchObject(refused);
    await expect(stranger.unregisterBroker({ brokerId: 'b-1' })).rejects.toMatchObject(refused);
  });

  it('refuses a call of an agent that names none', async () => {
    const { url } = await twoAgents();
    const stub = loopback.stopLater(stockStub('parley/v1/memory.proto', 'parley.v1.AgentMemoryService', url));
    const status = { code: Status.UNAUTHENTICATED };
    await expect(call(stub, 'Get', {}, new Metadata())).rejects.toMatchObject(status);
  });

  it('tells a broker that follows the list by its id, however that is written, and nobody else', async () => {
    const handlers = createInMemoryHandlers();
    const seen: [string, boolean][] = [];
    const { subscribeToAgentStatus, getAgentStatus } = handlers;
    handlers.subscribeToAgentStatus = (request, push, context) => {
      seen.push([request.subscriberId, context.isBroker]);
      return subscribeToAgentStatus(request, push, context);
    };
    handlers.getAgentStatus = (request, context) => {
      seen.push([request.agentId, context.isBroker]);
      return getAgentStatus(request, context);
    };
    const { url } = await loopback.serve({ credentials, handlers });
    const [client, agent] = [loopback.connect(url), loopback.connect(url)];
    await agent.registerAgent({ agentId: 'echo', isExclusive: false, instanceId: newId(), profile });
    const register = (brokerId: string) => client.registerBroker({ brokerId, name: 'Broker' });
    const follow = (subscriberId: string) => collect(client.subscribeToAgentStatus({ subscriberId }), 1);
    await register('b-2');
    await follow('b-1');
    await register(' b-1');
    await follow(' b-1');
    // An id that somebody may take, and no id at all.
    await register('undefined');
    await client.getAgentStatus({ agentId: 'echo' });
    expect(seen).toEqual([
      ['b-1', false],
      ['b-1', true],
      ['echo', false],
    ]);
  });

  it('lets a broker leave by its own credential, which a stock client finds in the answer', async () => {
    const { url } = await loopback.serve({ credentials });
    const stub = loopback.stopLater(
      stockStub('parley/v1/broker_registration.proto', 'parley.v1.BrokerRegistrationService', url),
    );
    const answer = await call(stub, 'RegisterBroker', { broker_id: 'b-1', name: 'Broker' });
    const metadata = new Metadata();
    metadata.set('parley-credential', String((answer as { credential: string }).credential));
    await call(stub, 'UnregisterBroker', { broker_id: 'b-1' }, metadata);
    await expect(call(stub, 'UnregisterBroker', { broker_id: 'b-2' }, metadata)).rejects.toMatchObject({
      code: 16,
    });
  });
});

describe('a server with certificates', () => {
  const loopback = onLoopback();
  let folder: string;
  const pem = (name: string): Buffer => readFileSync(path.join(folder, name));

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-tls-'));
    const openssl = (...args: string[]): void => {
      execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    };
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    for (const ca of ['ca', 'other-ca'])
      openssl('req', '-x509', ...curve, '-keyout', `${ca}.key`, '-out', `${ca}.pem`, '-subj', `/CN=${ca}`);
    for (const name of ['server', 'member']) {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key'];
      openssl(
        'req',
        '-x509',
        ...curve,
        ...signed,
        ...subject,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const broker = { brokerId: 'b-1', name: 'Broker' };
  const deadlines = { callMs: 2000 };
  const unavailable = { code: 'unavailable' };

  it('is only reached by clients that trust its certificate', async () => {
    const tls = { cert: pem('server.pem'), key: pem('server.key') };
    const { url } = await loopback.serve({ tls });
    const trusting = loopback.connect(url, { tls: { ca: pem('ca.pem') } });
    expect(await trusting.registerBroker(broker)).toEqual({ heartbeatMs: 20 });
    const others = [{ tls: { ca: pem('other-ca.pem') }, deadlines }, { deadlines }];
    for (const options of others)
      await expect(loopback.connect(url, options).registerBroker(broker)).rejects.toMatchObject(unavailable);
  });

  it('can ask for the certificates of joining members', async () => {
    const tls = { cert: pem('server.pem'), key: pem('server.key'), clientCa: pem('ca.pem') };
    const { url } = await loopback.serve({ tls });
    const ca = pem('ca.pem');
    const own = { ca, cert: pem('member.pem'), key: pem('member.key') };
    expect(await loopback.connect(url, { tls: own }).registerBroker(broker)).toEqual({ heartbeatMs: 20 });
    const bare = loopback.connect(url, { tls: { ca }, deadlines });
    await expect(bare.registerBroker(broker)).rejects.toMatchObject(unavailable);
  });
});

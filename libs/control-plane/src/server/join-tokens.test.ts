import { createHmac } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { AgentProfile, newId } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { call, healthStub, stockStub } from '../../testing/stock-stubs.ts';
import { boundToken } from '../bound-token.ts';
import { createCredentials } from './credentials.ts';
import type { RefusedCall } from './refusal-log.ts';

describe('a server with a join token', () => {
  const loopback = onLoopback();
  const broker = { brokerId: 'b-1', name: 'Broker' };

  it('lets in callers that have it', async () => {
    const { url } = await loopback.serve({ joinToken: 's3cret' });
    const client = loopback.connect(url, { joinToken: 's3cret' });
    expect(await client.registerBroker(broker)).toEqual({ heartbeatMs: 20 });
    expect(await collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }), 1)).toHaveLength(1);
  });

  it.each([undefined, 's3cre', 's3cret!', 'S3CRET'])('refuses a caller that has %p', async (joinToken) => {
    const refused: RefusedCall[] = [];
    const onRefused = (call: RefusedCall): void => void refused.push(call);
    const { url, handlers, logger } = await loopback.serve({ joinToken: 's3cret', onRefused });
    const client = loopback.connect(url, { joinToken });
    const refusal = { code: 'unauthenticated', cause: { code: 16 } };
    await expect(client.registerBroker(broker)).rejects.toMatchObject(refusal);
    await expect(collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }))).rejects.toMatchObject(
      refusal,
    );
    await expect(client.sendCommandOutput().end()).rejects.toMatchObject(refusal);
    expect(handlers.requests).toEqual([]);
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: expect.stringContaining('join token'), fields: { kind: 'join_token' } },
    ]);
    expect(refused.map(({ kind, peer }) => `${kind} ${peer.replace(/:.*/, '')}`)).toEqual(
      Array(3).fill('join_token 127.0.0.1'),
    );
  });

  describe('that is bound to an agent', () => {
    const profile = AgentProfile.parse({ name: 'Echo', group: 'echo' });
    const registration = { agentId: 'echo', isExclusive: true, instanceId: 'i-1', profile };
    const bound = boundToken('s3cret', { agentId: 'echo', group: 'echo' });

    it('lets in that agent in its group, and its later calls', async () => {
      const { url } = await loopback.serve({ joinToken: 's3cret' });
      const client = loopback.connect(url, { joinToken: bound });
      const { agentId, incarnation } = await client.registerAgent(registration);
      await client.unregisterAgent({ agentId, incarnation });
    });

    it('lets in no other id, no other group and no broker', async () => {
      const refused: RefusedCall[] = [];
      const onRefused = (call: RefusedCall): void => void refused.push(call);
      const { url, handlers } = await loopback.serve({ joinToken: 's3cret', onRefused });
      const client = loopback.connect(url, { joinToken: bound });
      const forbidden = { code: 'forbidden', message: expect.stringContaining('"echo"') };
      const others = [
        { ...registration, agentId: 'echo-2' },
        { ...registration, profile: { ...profile, group: 'hr' } },
      ];
      for (const other of others) await expect(client.registerAgent(other)).rejects.toMatchObject(forbidden);
      await expect(client.registerBroker(broker)).rejects.toMatchObject(forbidden);
      expect(handlers.requests).toEqual([]);
      expect(refused).toMatchObject(Array(3).fill({ kind: 'join_token', agentId: 'echo' }));
    });

    it('gives no credential for another id, whatever the registration came to', async () => {
      const handlers = createInMemoryHandlers();
      const { registerAgent } = handlers;
      handlers.registerAgent = async (request) => ({ ...(await registerAgent(request)), agentId: 'hr' });
      const credentials = createCredentials('key');
      const { url } = await loopback.serve({ joinToken: 's3cret', credentials, handlers });
      const client = loopback.connect(url, { joinToken: bound });
      await expect(client.registerAgent(registration)).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('does not serve another agent or a broker, even with their credentials, but says who is there', async () => {
      const { url } = await loopback.serve({ joinToken: 's3cret' });
      const other = loopback.connect(url, { joinToken: 's3cret' });
      const { incarnation } = await other.registerAgent({ ...registration, agentId: 'hr' });
      const client = loopback.connect(url, { joinToken: bound });
      const forbidden = { code: 'forbidden' };
      const inItsName = client.servicesFor(() => ({ agentId: 'hr', incarnation }));
      await expect(client.unregisterAgent({ agentId: 'hr', incarnation })).rejects.toMatchObject(forbidden);
      await expect(inItsName.getMemory({ subject: '', key: 'k' })).rejects.toMatchObject(forbidden);
      await expect(client.registerBroker({ brokerId: 'b-1', name: 'Broker' })).rejects.toMatchObject(
        forbidden,
      );
      expect(await collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }), 1)).toHaveLength(1);
      expect(await client.getAgentStatus({ agentId: 'hr' })).toMatchObject({ agentId: 'hr' });
    });

    it('is good until it is revoked: then its streams end, and an answer under way does not go out', async () => {
      const revoked = new Set<string>();
      const isRevoked = (tokenId: string): boolean => revoked.has(tokenId);
      const refusals: RefusedCall[] = [];
      const onRefused = (refusal: RefusedCall): void => void refusals.push(refusal);
      const { url, handlers } = await loopback.serve({ joinToken: 's3cret', isRevoked, onRefused });
      const token = boundToken('s3cret', { agentId: 'echo', group: 'echo' }, { tokenId: 'one' });
      const client = loopback.connect(url, { joinToken: token });
      const { agentId, incarnation } = await client.registerAgent(registration);
      const opened = handlers.next('receiveCommands');
      const stream = collect(client.receiveCommands({ agentId, incarnation }));
      await opened;
      const answer = Promise.withResolvers<never>();
      handlers.answer = () => answer.promise;
      const asked = handlers.next('ask');
      const asking = client
        .servicesFor(() => ({ agentId, incarnation }))
        .ask({ requestId: newId(), id: newId(), target: { group: 'hr' }, text: 'Who?', timeoutMs: 60_000 });
      const over = { code: 'unauthenticated', message: 'The join token was revoked.' };
      const refused = expect(asking).rejects.toMatchObject(over);
      await asked;
      revoked.add('one');
      await expect(stream).rejects.toMatchObject(over);
      const secret = {
        id: newId(),
        conversationId: newId(),
        seq: 1,
        kind: 'REPLY',
        text: 'A secret',
      } as const;
      const sender = { kind: 'agent', id: 'hr', name: 'HR' } as const;
      answer.resolve({ ...secret, sender, createdAt: new Date().toISOString() } as never);
      await refused;
      expect(refusals).toMatchObject([
        { kind: 'join_token', method: '/parley.v1.AgentConversationService/Ask' },
      ]);
      await expect(client.registerAgent(registration)).rejects.toMatchObject(over);
    });

    it('is good until its end', async () => {
      const { url } = await loopback.serve({ joinToken: 's3cret' });
      const now = Math.floor(Date.now() / 1000);
      const until = (expiresAt: number) =>
        loopback
          .connect(url, {
            joinToken: boundToken('s3cret', { agentId: 'echo', group: 'echo' }, { expiresAt }),
          })
          .registerAgent(registration);
      await expect(until(now - 1)).rejects.toMatchObject({
        code: 'unauthenticated',
        message: 'The join token has expired.',
      });
      expect(await until(now + 3600)).toMatchObject({ agentId: 'echo' });
    });

    it('is invalid when it was signed with another join token, or changed', async () => {
      const { url } = await loopback.serve({ joinToken: 's3cret' });
      const [prefix, , signature] = bound.split('.');
      const fields = Buffer.from(JSON.stringify(['hr', 'hr'])).toString('base64url');
      // As they were before they had an end.
      const noEnd = Buffer.from(JSON.stringify(['echo', 'echo'])).toString('base64url');
      const signed = createHmac('sha256', 's3cret').update(`parley-agent.${noEnd}`).digest('base64url');
      const earlier = `parley-agent.${noEnd}.${signed}`;
      const forged = [
        boundToken('other', { agentId: 'echo', group: 'echo' }),
        `${prefix}.${fields}.${signature}`,
        `${prefix}.${fields}`,
        `${bound}x`,
        `${bound}.x`,
        `${bound}.`,
        `${bound}=`,
        bound.replace('parley-agent.', 'PARLEY-AGENT.'),
        earlier,
        `${prefix}..`,
      ];
      for (const joinToken of forged) {
        const client = loopback.connect(url, { joinToken });
        await expect(client.registerAgent(registration)).rejects.toMatchObject({ code: 'unauthenticated' });
      }
    });
  });

  it('takes it as a bearer token and in no other form', async () => {
    const { url } = await loopback.serve({ joinToken: 's3cret' });
    const stub = loopback.stopLater(
      stockStub('parley/v1/broker_registration.proto', 'parley.v1.BrokerRegistrationService', url),
    );
    const request = { broker_id: 'b-1', name: 'Broker' };
    const metadata = (value: string): Metadata => {
      const fields = new Metadata();
      fields.set('authorization', value);
      return fields;
    };
    await expect(call(stub, 'RegisterBroker', request, metadata('s3cret'))).rejects.toMatchObject({
      code: 16,
    });
    await expect(call(stub, 'RegisterBroker', request, metadata('Basic s3cret'))).rejects.toMatchObject({
      code: 16,
    });
    await call(stub, 'RegisterBroker', request, metadata('Bearer s3cret'));
  });

  it.each(['', 'two words', 'Schlüssel', 'line\nbreak'])(
    'does not start with %p, which no client can send',
    async (joinToken) => {
      await expect(loopback.serve({ joinToken })).rejects.toThrow('printable ASCII');
      expect(() => loopback.connect('127.0.0.1:1', { joinToken })).toThrow(
        /^The join token must be of printable/,
      );
    },
  );

  it('answers for its health without one', async () => {
    const { url } = await loopback.serve({ joinToken: 's3cret' });
    const stub = loopback.stopLater(healthStub(url));
    expect(await call(stub, 'Check', { service: '' })).toEqual({ status: 'SERVING' });
  });
});

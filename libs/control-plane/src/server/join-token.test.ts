import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { onLoopback } from '../testing/fixture.ts';
import { call, healthStub, stockStub } from '../testing/stock-stubs.ts';

describe('a server with a join token', () => {
  const loopback = onLoopback();
  const broker = { brokerId: 'b-1', name: 'Broker' };

  it('lets in who has it', async () => {
    const { url } = await loopback.serve({ joinToken: 's3cret' });
    const client = loopback.connect(url, { joinToken: 's3cret' });
    expect(await client.registerBroker(broker)).toEqual({ heartbeatMs: 20 });
    expect(await collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }), 1)).toHaveLength(1);
  });

  it.each([undefined, 's3cre', 's3cret!', 'S3CRET'])('refuses who has %p', async (joinToken) => {
    const { url, handlers } = await loopback.serve({ joinToken: 's3cret' });
    const client = loopback.connect(url, { joinToken });
    const refused = { code: 'unauthenticated', cause: { code: 16 } };
    await expect(client.registerBroker(broker)).rejects.toMatchObject(refused);
    await expect(collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }))).rejects.toMatchObject(
      refused,
    );
    await expect(client.openCommandOutput().end()).rejects.toMatchObject(refused);
    expect(handlers.requests).toEqual([]);
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

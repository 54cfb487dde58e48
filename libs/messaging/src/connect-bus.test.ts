import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { collectDeliveries } from '../conformance/deliveries.ts';
import { envelopeOf } from '../conformance/envelopes.ts';
import { createVhost } from '../testing/index.ts';
import { connectBus } from './index.ts';

describe('connecting the bus', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-bus-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('opens the embedded queue when no AMQP URL is given', async () => {
    const bus = await connectBus({ dataDir, logger: silentLogger });
    expect(bus.kind).toBe('embedded');
    await bus.close();
  });

  it('opens RabbitMQ when an AMQP URL is given', async () => {
    const vhost = await createVhost();
    const bus = await connectBus({ dataDir, amqpUrl: vhost.amqpUrl, logger: silentLogger });
    expect(bus.kind).toBe('rabbitmq');
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await received.waitFor(1);
    await bus.close();
    await vhost.remove();
  });

  it('refuses an AMQP URL that is not valid, without repeating it', async () => {
    const attempt = connectBus({ dataDir, amqpUrl: 'not a url: secret', logger: silentLogger });
    await expect(attempt).rejects.toThrow(TypeError);
    await attempt.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('secret'));
  });
});

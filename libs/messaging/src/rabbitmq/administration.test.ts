import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { createAdministration } from './administration.ts';

describe('a declaration while there is no connection', () => {
  it('is remembered once, however often it is tried, with later declarations', async () => {
    const administration = createAdministration({
      amqpUrl: 'amqp://127.0.0.1',
      timeoutMs: 1,
      inHand: () => 0,
      itemsIn: (_, messages) => messages,
      logger: silentLogger,
    });
    const orders = { channel: 'agents', type: 'order_created' } as const;
    const notes = { channel: 'human', type: '*' } as const;
    for (const bindings of [[orders], [orders], [orders, notes], [notes]]) {
      await expect(administration.declareChannelQueue('planner', bindings)).rejects.toMatchObject({
        code: 'bus_unavailable',
      });
    }
    expect(administration.own.channelBindings.get('planner')).toEqual([orders, notes]);
    administration.close();
  });
});

import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { envelopeOf } from '../conformance/envelopes.ts';
import { createPublisher } from './publisher.ts';

/** As many as are sent before the first confirm. */
const WINDOW = 2048;

describe('publishes that wait for room', () => {
  it.each(['ack', 'nack'])(
    'go on when RabbitMQ sends the %s of those before, which ran out of time',
    async (verdict) => {
      const sent: unknown[] = [];
      const channel = Object.assign(new EventEmitter(), {
        publish: (...message: unknown[]) => sent.push(message) > 0,
      });
      const publisher = createPublisher({
        timeoutMs: 50,
        logger: silentLogger,
        isPermanent: () => true,
        restore: () => {},
        isConsumed: () => true,
        onSent: () => {},
      });
      publisher.attach(channel);
      const early = Array.from({ length: WINDOW }, () => publisher.publish('q', envelopeOf('early')));
      expect((await Promise.allSettled(early)).every(({ status }) => status === 'rejected')).toBe(true);
      const late = publisher.publish('q', envelopeOf('late')).then(
        () => 'confirmed',
        () => 'failed',
      );
      expect(sent).toHaveLength(WINDOW);
      channel.emit(verdict, { deliveryTag: WINDOW, multiple: true });
      expect(sent).toHaveLength(WINDOW + 1);
      channel.emit('ack', { deliveryTag: WINDOW + 1, multiple: false });
      expect(await late).toBe('confirmed');
    },
  );
});

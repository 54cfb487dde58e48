import { setTimeout as delay } from 'node:timers/promises';
import type { MessageBus } from '@parley/messaging';
import { createSeededRandom } from '../seeded-random.ts';
import type { FaultSettings } from './fault-settings.ts';

/** The bus with duplicates and reordered deliveries, and on demand without waiting for confirms. */
export function chaoticBus(bus: MessageBus, settings: FaultSettings): MessageBus {
  const random = createSeededRandom(settings.seed);
  const ignore = (): void => {};
  return {
    ...bus,
    publish(queue, envelope, options) {
      const published = bus.publish(queue, envelope, options);
      if (random.next() < settings.duplicates) {
        // A duplicate that cannot be published changes nothing.
        delay(random.integer(0, 500))
          .then(() => bus.publish(queue, envelope))
          .catch(ignore);
      }
      if (settings.broken !== 'ack-before-confirm') return published;
      published.catch(ignore);
      return Promise.resolve();
    },
    consume: (queue, handler, options) =>
      bus.consume(
        queue,
        async (delivery) => {
          if (random.next() < settings.delays) await delay(random.integer(1, 100));
          return handler(delivery);
        },
        options,
      ),
    health: () => bus.health(),
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, Handler, MessageBus } from '@parley/messaging';
import { BROKER_INPUT_QUEUE } from '@parley/shared-models';
import { createSeededRandom } from '../seeded-random.ts';
import { DEADLY_TEXT, type FaultSettings } from './fault-settings.ts';

const isDeadly = ({ envelope }: Delivery): boolean =>
  envelope.type === 'chat.message' && Buffer.from(envelope.body).includes(`"text":"${DEADLY_TEXT}"`);

/** Of what arrives in one turn, as the items of a batch do, only the first is finished before it is acknowledged. */
function firstOfTurn(handle: Handler): Handler {
  let isTaken = false;
  return async (delivery) => {
    const handled = handle(delivery);
    if (!isTaken) {
      isTaken = true;
      setImmediate(() => {
        isTaken = false;
      });
      return handled;
    }
    handled.catch(() => {});
  };
}

/**
 * The bus with duplicates and reordered deliveries, and on demand without waiting for confirms.
 * @param isBroker dies of a deadly message; the server, through which it may come, does not
 */
export function chaoticBus(bus: MessageBus, settings: FaultSettings, isBroker = false): MessageBus {
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
    consume: (queue, handler, options) => {
      const handle: Handler = async (delivery) => {
        if (isBroker && queue === BROKER_INPUT_QUEUE && isDeadly(delivery))
          process.kill(process.pid, 'SIGKILL');
        if (random.next() < settings.delays) await delay(random.integer(1, 100));
        return handler(delivery);
      };
      return bus.consume(
        queue,
        settings.broken === 'batch-early-ack' ? firstOfTurn(handle) : handle,
        options,
      );
    },
    health: () => bus.health(),
  };
}

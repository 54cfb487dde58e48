import { afterEach, beforeEach, describe } from '@jest/globals';
import type { MessageBus } from '../src/message-bus.ts';
import { describeBatches } from './batches.ts';
import type { BusFixture, Context, FixtureFactory } from './bus-fixture.ts';
import { describeChannels } from './channels.ts';
import { describeConsuming } from './consuming.ts';
import { describeCrashes } from './crashes.ts';
import { describeDeadLetters } from './dead-letters.ts';
import { describeOperation } from './operation.ts';
import { describePublishing } from './publishing.ts';
import { describeSignals } from './signals.ts';
import { describeSubscriptions } from './subscriptions.ts';

/** The behaviour of every driver of the `MessageBus` port. Each test gets a broker of its own from the factory. */
export function describeMessageBus(name: string, factory: FixtureFactory): void {
  describe(`message bus: ${name}`, () => {
    let current: BusFixture | undefined;
    const opened: MessageBus[] = [];

    const context: Context = {
      get fixture() {
        if (current === undefined) throw new Error('there is a fixture only while a test runs');
        return current;
      },
      open: async (options) => {
        const bus = await context.fixture.open(options);
        opened.push(bus);
        return bus;
      },
    };

    beforeEach(async () => {
      current = await factory();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
      await current?.remove();
      current = undefined;
    });

    describePublishing(context);
    describeConsuming(context);
    describeBatches(context);
    describeSubscriptions(context);
    describeDeadLetters(context);
    describeSignals(context);
    describeChannels(context);
    describeOperation(context);
    describeCrashes(context);
  });
}

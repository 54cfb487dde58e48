import { once } from 'node:events';
import { connectBus } from '../src/connect-bus.ts';
import { attachTo } from '../testing/remote-fixture.ts';
import { silentLogger } from './bus-fixture.ts';
import type { ConsumerTask } from './consumer-process.ts';
import { textOf } from './envelopes.ts';

/** Entry of the process that `consumer-process.ts` starts: tells over IPC how much it has in hand. */
const task: ConsumerTask = JSON.parse(process.argv[2] ?? '');
const asked = once(process, 'message');
const retryDelay = { minMs: 600_000, maxMs: 600_000 };
const { amqpUrl, grpcUrl } = task.address;
const bus = await connectBus({ amqpUrl, retryDelay, logger: silentLogger });
const detach = grpcUrl === undefined ? undefined : attachTo(bus, grpcUrl);
let inHand = 0;
const subscription = await bus.consume(
  task.queue,
  async ({ envelope }) => {
    if (task.deadly !== undefined) {
      if (textOf(envelope) === task.deadly.text) process.kill(process.pid, 'SIGKILL');
      return bus.publish(task.deadly.publishTo, envelope);
    }
    inHand += 1;
    if (process.connected) process.send?.(inHand);
    return task.doesFail ? Promise.reject(new Error('asked to fail')) : new Promise(() => undefined);
  },
  { prefetch: task.prefetch },
);
process.send?.(inHand);

await asked;
process.disconnect();
await subscription.close({ timeoutMs: 10 });
await bus.close();
detach?.();

import { newId } from '@parley/shared-models';
import type { BusLogger } from '../bus-options.ts';
import type { Handler, MessageBus } from '../message-bus.ts';
import type { BusProcessEvent, BusProcessOrder } from './bus-process.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

/** Entry of the process that `bus-process.ts` starts: a bus that does as it is told over IPC. */
const tell = (event: BusProcessEvent): void => {
  if (process.connected) process.send?.(event);
};
const report = (fields: object, message: string): void => {
  tell({ kind: 'logged', message: `${message} ${JSON.stringify(fields)}` });
};
const logger: BusLogger = { debug: () => undefined, info: () => undefined, warn: report, error: report };

const bus = await openEmbeddedBus({ ...JSON.parse(process.argv[2] ?? ''), logger });
let held: (() => void)[] = [];

process.on('message', (order: BusProcessOrder) => {
  obey(bus, order).then(
    () => tell({ kind: 'done', order: order.kind }),
    (error: Error) => tell({ kind: 'logged', message: `failed: ${error.stack}` }),
  );
});
tell({ kind: 'open' });

async function obey(on: MessageBus, order: BusProcessOrder): Promise<void> {
  switch (order.kind) {
    case 'consume':
      await on.consume(order.queue, handlerFor(order.way), { prefetch: order.prefetch });
      return;
    case 'finish':
      for (const finish of held) finish();
      held = [];
      return;
    case 'flood':
      for (let number = 0; ; number += 10) {
        await Promise.all(Array.from({ length: 10 }, (_, index) => publish(on, order.queue, number + index)));
      }
    case 'forget-ipc':
      process.disconnect();
      return;
    case 'close':
      await on.close();
      process.disconnect();
  }
}

async function publish(on: MessageBus, queue: string, number: number): Promise<void> {
  const body = new TextEncoder().encode(String(number));
  const envelope = { messageId: newId(), type: 'test', timestamp: Date.now(), headers: {}, body };
  await on.publish(queue as Parameters<MessageBus['publish']>[0], envelope);
  tell({ kind: 'published', number });
}

function handlerFor(way: 'hold' | 'finish' | 'echo'): Handler {
  return async ({ envelope, redeliveries }) => {
    tell({ kind: 'delivered', text: new TextDecoder().decode(envelope.body), redeliveries });
    if (way === 'hold') await new Promise<void>((resolve) => held.push(resolve));
    if (way === 'echo') await bus.publish('server_input_queue', { ...envelope, messageId: newId() });
  };
}

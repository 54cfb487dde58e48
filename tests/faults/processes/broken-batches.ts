import { createRequire } from 'node:module';
import path from 'node:path';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { FaultSettings } from './fault-settings.ts';

/** With `batch-whole`, hides from the driver that a batch came back, so that it never takes one apart. */
export function breakBatches({ broken }: FaultSettings): void {
  if (broken !== 'batch-whole') return;
  const require = createRequire(import.meta.url);
  // The class of which every channel is made; amqplib does not export it.
  const file = path.join(path.dirname(require.resolve('amqplib')), 'lib/channel_model.js');
  const { Channel } = require(file) as { Channel: { prototype: Channel } };
  const { consume } = Channel.prototype;
  Channel.prototype.consume = function (this: Channel, queue, onMessage, options) {
    const hide = (message: ConsumeMessage | null): void => {
      if (message?.properties.type !== 'batch') {
        onMessage(message);
        return;
      }
      const { 'x-delivery-count': _, ...headers } = message.properties.headers ?? {};
      onMessage({
        ...message,
        fields: { ...message.fields, redelivered: false },
        properties: { ...message.properties, headers },
      });
    };
    return consume.call(this, queue, hide, options);
  };
}

import type { Channel, ChannelModel } from 'amqplib';

/** Does something on a channel of its own, since an AMQP error closes the channel that it happens on. */
export async function onChannel<T>(model: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await model.createChannel();
  let isOpen = true;
  // The error also rejects the call that caused it; without a listener it would end the process.
  channel.on('error', () => undefined);
  channel.on('close', () => {
    isOpen = false;
  });
  try {
    return await work(channel);
  } finally {
    if (isOpen) await channel.close();
  }
}

/** AMQP reply code of an error by RabbitMQ, such as 404 for a queue that is not there. */
export function replyCodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

export const NOT_FOUND = 404;

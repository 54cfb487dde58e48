import { retryWhileUnavailable, type Subscription } from '@parley/messaging';
import { channelQueue } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { createChannelLogHandler, SERVER_GROUP } from './channel-log.ts';

const PREFETCH = 64;

export interface ChannelLog {
  close(options: { timeoutMs: number }): Promise<void>;
}

/** Subscribes to all channels. Resolves at once: a queue that is away is waited for. */
export function startChannelLog(services: ServerServices): ChannelLog {
  const { bus, logger } = services;
  const stopped = new AbortController();
  let subscription: Subscription | undefined;

  const subscribe = async (): Promise<void> => {
    await bus.declareChannelQueue(SERVER_GROUP, [
      { channel: 'human', type: '*' },
      { channel: 'agents', type: '*' },
    ]);
    const handle = createChannelLogHandler(services);
    subscription = await bus.consume(
      channelQueue(SERVER_GROUP),
      (delivery) => retryWhileUnavailable(() => handle(delivery), { signal: stopped.signal, logger }),
      { prefetch: PREFETCH },
    );
  };
  const subscribing = retryWhileUnavailable(subscribe, { signal: stopped.signal, logger }).catch(
    (err: unknown) => {
      if (!stopped.signal.aborted) logger.error({ err }, 'the events of the channels are not logged');
    },
  );

  return {
    async close({ timeoutMs }) {
      if (timeoutMs === 0) stopped.abort();
      if (subscription === undefined) {
        stopped.abort();
        await subscribing;
      }
      await subscription?.close({ timeoutMs });
    },
  };
}

import type { Client } from '@parley/client';
import type { ChannelName } from '@parley/shared-models';
import type { StoreApi } from 'zustand/vanilla';
import type { AppState } from './app-state.ts';
import { type ChannelRecord, withEvents } from './channel-events.ts';
import { createFrameBatch, type FrameClock } from './frame-batch.ts';

/** Follows channels while somebody looks at them, over reconnects. */
export interface ChannelWatch {
  /** The channel's last events and what comes go into `AppState.events`. @returns ends it */
  follow(channel: ChannelName): () => void;
  start(): void;
  stop(): void;
}

/** So many of the last events are asked for when a channel is opened. */
const LAST = 100;

export function createChannelWatch(
  client: Client,
  store: StoreApi<AppState>,
  clock: FrameClock,
): ChannelWatch {
  const watchers = new Map<ChannelName, number>();
  const stops: (() => void)[] = [];
  const batch = createFrameBatch<ChannelRecord>(clock, (records) =>
    store.setState(({ events }) => ({ events: withEvents(events, records) })),
  );
  const open = (channel: ChannelName): void =>
    void client.frame({ type: 'channel.open', channel, last: LAST });

  return {
    follow(channel) {
      const count = watchers.get(channel) ?? 0;
      watchers.set(channel, count + 1);
      if (count === 0) open(channel);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const left = (watchers.get(channel) ?? 1) - 1;
        if (left > 0) return void watchers.set(channel, left);
        watchers.delete(channel);
        client.frame({ type: 'channel.close', channel });
      };
    },
    start() {
      stops.push(
        client.on('event', ({ channel, event }) => batch.add({ channel, event })),
        // What came while there was no connection is among the last ones.
        client.on('welcome', () => {
          for (const channel of watchers.keys()) open(channel);
        }),
      );
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      batch.stop();
    },
  };
}

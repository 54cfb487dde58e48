import type { Client } from '@parley/client';
import type { ChannelName } from '@parley/shared-models';
import type { StoreApi } from 'zustand/vanilla';
import type { AppState } from './app-state.ts';
import { type ChannelRecord, withEvents } from './channel-events.ts';
import { createFrameBatch, type FrameClock } from './frame-batch.ts';

/** Follows channels while at least one component shows them, over reconnects. */
export interface ChannelWatch {
  /** Adds the channel's last events and all further ones to `AppState.events`. @returns stops it */
  follow(channel: ChannelName): () => void;
  start(): void;
  stop(): void;
}

/** The number of earlier events that are requested when a channel is opened. */
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
        // The last events include those that were published without a connection.
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

import type { MessageBus, SignalSubscription } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  type ChannelName,
  isAllowed,
  type ServerFrame,
  SIGNAL_KEYS,
  Signals,
  type User,
} from '@parley/shared-models';
import type { LoggedEvent, Store } from '@parley/store';
import type { Reader } from '../websocket/client-socket.ts';
import { mayRead, ownerOfEvent } from './event-owner.ts';
import { createFollowing, type Following, type Shown } from './following.ts';

/** A connection that may follow channels. */
export type ChannelReader = Reader & { readonly user: User };

/**
 * The followers of each channel on this server. Events are shown live; one that comes while a connection is away is found
 * by opening the channel again. Operators see all events, others those that they began themselves.
 */
export interface ChannelFollowers {
  /** Sends the last events first, then new ones. */
  follow(reader: ChannelReader, channel: ChannelName, last: number): Promise<void>;
  unfollow(reader: ChannelReader, channel: ChannelName): void;
  unfollowAll(reader: ChannelReader): void;
  /** An event was logged here: for all followers, on every server. */
  deliver(logged: LoggedEvent): Promise<void>;
  stop(): Promise<void>;
}

export async function createChannelFollowers(options: {
  serverId: string;
  store: Store;
  bus: MessageBus;
  logger: Logger;
}): Promise<ChannelFollowers> {
  const { serverId, store, bus, logger } = options;
  const channels = new Map<ChannelName, Map<ChannelReader, Following>>();
  /** Events that other servers have logged are shown one after another. */
  let showing: Promise<void> = Promise.resolve();

  const toLocal = async (logged: LoggedEvent): Promise<void> => {
    const { channel, event } = logged;
    const shown = shownOf(logged);
    let owner: string | undefined;
    for (const [reader, following] of [...(channels.get(channel) ?? [])]) {
      if (!isAllowed(reader.user, 'channels.agents')) {
        owner ??= (await ownerOfEvent(event, store)) ?? '';
        if (reader.user.id !== owner) continue;
      }
      following.take(shown);
    }
  };

  const subscription: SignalSubscription = await bus.subscribe(
    `server_channels_${serverId}`,
    ({ type, body }) => {
      if (type !== 'channel.logged') return;
      const logged = Signals['channel.logged'].safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
      if (!logged.success) return logger.warn({ err: logged.error }, 'a malformed signal was dropped');
      const { serverId: origin, ...entry } = logged.data;
      if (origin === serverId) return;
      showing = showing
        .then(() => toLocal(entry))
        .catch((err: unknown) =>
          logger.warn({ err, eventId: entry.event.id }, 'an event could not be shown'),
        );
    },
  );
  await subscription.bind(SIGNAL_KEYS.servers);

  const unfollow = (reader: ChannelReader, channel: ChannelName): void => {
    channels.get(channel)?.delete(reader);
    if (channels.get(channel)?.size === 0) channels.delete(channel);
  };

  return {
    async follow(reader, channel, last) {
      if (!reader.isOpen()) return;
      const readers = channels.get(channel) ?? new Map<ChannelReader, Following>();
      const following = readers.get(reader) ?? createFollowing((text) => reader.send(text));
      channels.set(channel, readers.set(reader, following));
      await following.after(async (limit) => {
        const past = await store.events.list({ channel, limit, ...mayRead(reader.user) });
        return past.map(shownOf);
      }, last);
    },
    unfollow,
    unfollowAll(reader) {
      for (const channel of [...channels.keys()]) unfollow(reader, channel);
    },
    async deliver(logged) {
      const { number, channel, event } = logged;
      bus.signal({
        type: 'channel.logged',
        key: SIGNAL_KEYS.servers,
        body: Buffer.from(JSON.stringify({ serverId, number, channel, event })),
      });
      await toLocal(logged);
    },
    async stop() {
      await subscription.close();
      await showing;
    },
  };
}

const shownOf = ({ number, channel, event }: LoggedEvent): Shown => ({
  id: event.id,
  number,
  text: JSON.stringify({ type: 'event', channel, event } satisfies ServerFrame),
});

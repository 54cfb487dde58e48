import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import type { EventThread, LoggedEvent } from '../ports/events.ts';

/** An event as both databases give it. */
export interface EventRow {
  /** PostgreSQL gives a bigint as text. */
  readonly number: number | string;
  readonly channel: string;
  /** PostgreSQL gives JSON parsed. */
  readonly event: string | PublishedEvent;
  readonly owner_id: string | null;
}

/** What was written was parsed before. */
export function loggedEventOf({ number, channel, event, owner_id }: EventRow): LoggedEvent {
  return {
    number: Number(number),
    channel: channel as ChannelName,
    event: typeof event === 'string' ? (JSON.parse(event) as PublishedEvent) : event,
    ...(owner_id === null ? {} : { ownerId: owner_id }),
  };
}

/** What each of them began with: other events and messages have the same. */
export function originsOf(events: readonly LoggedEvent[]): string[] {
  return [...new Set(events.map(({ event }) => event.correlationId ?? event.id))];
}

/**
 * Sorts events into the threads of these first ones: each belongs to the one that brought it about, over others maybe.
 * @param related in the order of the log
 */
export function threadsOf(firsts: readonly LoggedEvent[], related: readonly LoggedEvent[]): EventThread[] {
  const byCause = Map.groupBy(related, ({ event }) => event.causationId);
  return firsts.map((first) => {
    const events = new Map([[first.number, first]]);
    // It grows while it is gone through.
    for (const { event } of events.values()) {
      for (const effect of byCause.get(event.id) ?? []) events.set(effect.number, effect);
    }
    return { first, events: [...events.values()].sort((one, other) => one.number - other.number) };
  });
}

/** In JSON as `JSON.stringify` writes it, where only halves of surrogate pairs are escaped; any other escape is passed over. */
const UNSTORABLE = /\\(?:(u0000|ud[89a-f][0-9a-f]{2})|.)/g;

/** JSON in which neither a text nor a key has what PostgreSQL cannot make a text of: it reads the whole to find one field. */
export function storableEvent(event: PublishedEvent): string {
  return JSON.stringify(event).replace(UNSTORABLE, (escaped, unstorable?: string) =>
    unstorable === undefined ? escaped : '\uFFFD',
  );
}

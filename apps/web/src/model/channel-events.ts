import type { ChannelName, PublishedEvent } from '@parley/shared-models';

/** An event and its channel. */
export interface ChannelRecord {
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
}

/** The number of events that are kept; older ones can be loaded. */
export const KEPT_EVENTS = 300;

/** The same event may be published on both channels. */
export const recordKey = ({ channel, event }: ChannelRecord): string => `${channel} ${event.id}`;

/** Adds the new events in order of time and drops the oldest. Returns the same array when no event is new. */
export function withEvents(
  known: readonly ChannelRecord[],
  incoming: readonly ChannelRecord[],
): readonly ChannelRecord[] {
  const keys = new Set(known.map(recordKey));
  const fresh = incoming.filter((record) => {
    const key = recordKey(record);
    if (keys.has(key)) return false;
    keys.add(key);
    return true;
  });
  if (fresh.length === 0) return known;
  return [...known, ...fresh]
    .sort((one, other) => Date.parse(one.event.at) - Date.parse(other.event.at))
    .slice(-KEPT_EVENTS);
}

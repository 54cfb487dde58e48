import type { ChannelName, PublishedEvent } from '@parley/shared-models';

/** An event and the channel on which it came. */
export interface ChannelRecord {
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
}

/** So many are kept; older ones can be asked for. */
export const KEPT_EVENTS = 300;

/** An event may stand on both channels. */
export const recordKey = ({ channel, event }: ChannelRecord): string => `${channel} ${event.id}`;

/** With those that are new, in order of time; the oldest fall out. The same array when none is new. */
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

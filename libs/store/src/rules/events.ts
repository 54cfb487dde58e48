import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import type { LoggedEvent } from '../ports/events.ts';
import { storableText } from './storable-text.ts';

/** An event as both databases give it. */
export interface EventRow {
  /** PostgreSQL gives a bigint as text. */
  readonly number: number | string;
  readonly channel: string;
  /** PostgreSQL gives JSON parsed. */
  readonly event: string | PublishedEvent;
}

/** What was written was parsed before. */
export function loggedEventOf({ number, channel, event }: EventRow): LoggedEvent {
  return {
    number: Number(number),
    channel: channel as ChannelName,
    event: typeof event === 'string' ? (JSON.parse(event) as PublishedEvent) : event,
  };
}

/** JSON without what no database can hold. */
export function storableEvent(event: PublishedEvent): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'string' ? storableText(value) : value,
  );
}

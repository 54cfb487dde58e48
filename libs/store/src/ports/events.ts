import type { ChannelName, PublishedEvent } from '@parley/shared-models';

/** An event of a channel with its place in the log. */
export interface LoggedEvent {
  /** Grows with each event, with gaps. */
  readonly number: number;
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
}

export interface EventQuery {
  readonly channel?: ChannelName | undefined;
  /** @default all */
  readonly types?: readonly string[] | undefined;
  /** Those that belong to this message or event, itself included. */
  readonly correlationId?: string | undefined;
  /** Only events with a smaller number, to read on from where the last answer ended. */
  readonly beforeNumber?: number | undefined;
  readonly limit: number;
}

/** The log of all channels. Of each event, by its id, there is one. Errors as in `Store`. */
export interface EventStore {
  /**
   * Adds the event, unless its id is known; then what was logged first stands and is returned.
   * @param options.isForOutbox whether it still has to reach the channel. @default false
   */
  append(
    entry: { readonly channel: ChannelName; readonly event: PublishedEvent },
    options?: { readonly isForOutbox?: boolean },
  ): Promise<{ readonly logged: LoggedEvent; readonly isDuplicate: boolean }>;
  /** As `Store.takeOutbox`. */
  takeUnpublished(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<LoggedEvent[]>;
  /** Removes these from the outbox: the channel has them. Unknown ids are ignored. */
  markPublished(eventIds: readonly string[]): Promise<void>;
  /** The last ones that fit, oldest first. */
  list(query: EventQuery): Promise<LoggedEvent[]>;
}

/** So many events are kept; older ones go. */
export const EVENTS_KEPT = 100_000;

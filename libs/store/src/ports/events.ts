import type { ChannelName, PublishedEvent } from '@parley/shared-models';

/** An event of a channel with its place in the log. */
export interface LoggedEvent {
  /** Grows with each event, with gaps. */
  readonly number: number;
  readonly channel: ChannelName;
  readonly event: PublishedEvent;
  /** The person with whom it began; undefined when it was nobody. */
  readonly ownerId?: string | undefined;
}

/** An event with all that followed from it. */
export interface EventThread {
  readonly first: LoggedEvent;
  /** In the order of the log, the first one included. */
  readonly events: readonly LoggedEvent[];
}

export interface ThreadQuery {
  /** Of the first event, and of no event that brought it about. */
  readonly type: string;
  /** Only those of this person. @default everybody's */
  readonly ownerId?: string | undefined;
  /** Only threads whose first event has a smaller number. */
  readonly beforeNumber?: number | undefined;
  readonly limit: number;
}

export interface EventQuery {
  readonly channel?: ChannelName | undefined;
  /** @default all */
  readonly types?: readonly string[] | undefined;
  /** Those that belong to this message or event, itself included. */
  readonly correlationId?: string | undefined;
  /** Only those that began with this person. @default everybody's */
  readonly ownerId?: string | undefined;
  /** Only events with a smaller number, to read on from where the last answer ended. */
  readonly beforeNumber?: number | undefined;
  readonly limit: number;
}

/** The log of all channels. Of each event, by its id, there is one. Errors as in `Store`. */
export interface EventStore {
  /**
   * Adds the event, unless its id is known; then the event logged first stands and is returned.
   * @param options.isForOutbox whether it still has to reach the channel. @default false
   */
  append(
    entry: Omit<LoggedEvent, 'number'>,
    options?: { readonly isForOutbox?: boolean },
  ): Promise<{ readonly logged: LoggedEvent; readonly isDuplicate: boolean }>;
  /** As `Store.takeOutbox`. */
  takeUnpublished(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<LoggedEvent[]>;
  /** Removes these from the outbox: the channel has them. Unknown ids are ignored. */
  markPublished(eventIds: readonly string[]): Promise<void>;
  get(eventId: string): Promise<LoggedEvent | undefined>;
  /** The last ones that fit, oldest first. */
  list(query: EventQuery): Promise<LoggedEvent[]>;
  /** The last threads that fit, newest first. */
  listThreads(query: ThreadQuery): Promise<EventThread[]>;
}

/** So many events are kept; older ones go. */
export const EVENTS_KEPT = 100_000;

/** So many events, the last ones, are looked at for a list of threads. */
export const THREAD_EVENTS = 10_000;

/** What is removed for good once it is over. The audit never is, and neither is what somebody still waits for. */
export const REMOVABLE = ['events', 'commands', 'tasks', 'conversations'] as const;
export type Removable = (typeof REMOVABLE)[number];

export interface RemovalQuery {
  /** Only what has not changed since, in milliseconds since 1970. */
  readonly before: number;
  /** So many are looked at, in the order in which they began: bounds how long others wait for the transaction. */
  readonly limit: number;
  /** `next` of the page before. @default the first page */
  readonly after?: string | undefined;
}

export interface Removal {
  readonly removed: number;
  /** About so many bytes of text were in them. */
  readonly bytes: number;
  /** Where the next page begins; absent after the last one. */
  readonly next?: string;
}

/**
 * Removes what is old. A conversation goes whole, with its messages and finished tasks, and only when all its requests have
 * ended and none of its tasks is open; what is left of it is its id, its owner and its last `seq`, so that it goes on in
 * order where somebody still writes to it. Events that are still to be published and commands that have not ended stay.
 * Errors as in `Store`.
 */
export interface RetentionStore {
  remove(what: Removable, query: RemovalQuery): Promise<Removal>;
  /** Removes the counts of `UsageStore` whose period ended before this, in milliseconds since 1970. */
  removeUsage(before: number): Promise<void>;
  /** What the store holds, in bytes: of a file the pages in use, of a database the texts. May take a while. */
  size(): Promise<number>;
}

/**
 * The kinds of rows that are removed for good once they are old. The audit never is, and neither are rows that
 * somebody still waits for.
 */
export const REMOVABLE = ['events', 'commands', 'tasks', 'conversations'] as const;
export type Removable = (typeof REMOVABLE)[number];

export interface RemovalQuery {
  /** Only rows that have not changed since, in milliseconds since 1970. */
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
 * Removes old rows. A conversation goes whole, with its messages and finished tasks, and only when all its requests have
 * ended and none of its tasks is open; its id, its owner and its last `seq` stay, so that it goes on in
 * order where somebody still writes to it. Events that are still to be published and commands that have not ended stay.
 * Errors as in `Store`.
 */
export interface RetentionStore {
  remove(what: Removable, query: RemovalQuery): Promise<Removal>;
  /** Removes the counts of `UsageStore` whose period ended before this, in milliseconds since 1970. */
  removeUsage(before: number): Promise<void>;
  /** The size of the store, in bytes: of a file the pages in use, of a database the texts. May take a while. */
  size(): Promise<number>;
}

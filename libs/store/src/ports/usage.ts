/** How much of something each person has used in a period, over all servers of one store. Errors as in `Store`. */
export interface UsageStore {
  /** Counts as much of `amount` as `limit` leaves in this period, and returns that: 0 where nothing is left. */
  take(taken: UsageTaken): Promise<number>;
}

export interface UsageTaken {
  /** The user and the kind of use. */
  readonly key: string;
  readonly period: Period;
  readonly amount: number;
  /** For the whole period. */
  readonly limit: number;
}

/** Both in milliseconds since 1970. */
export interface Period {
  readonly beganAt: number;
  readonly endsAt: number;
}

import { type RawBuilder, sql } from 'kysely';
import type { Database, Given } from './database.ts';

/** So far, in milliseconds, a time may lie ahead that was written a moment ago: by the clock, not by the transaction's begin. */
export const AHEAD_MS = 1000;

/** How entries of an outbox are taken from it, see `Store.takeOutbox`. */
export interface Taking {
  readonly limit: number;
  readonly olderThanMs: number;
  readonly leaseMs: number;
}

/** Whether a row of a table with an outbox is to be given out now. */
export function isDue(
  { now }: Pick<Database, 'now'>,
  { olderThanMs, leaseMs }: Given<Taking>,
): RawBuilder<boolean> {
  // Times that lie ahead further than they can were written before the clock was set back.
  return sql`(outbox_since IS NOT NULL
    AND (outbox_since <= ${now(sql`0 - CAST(${olderThanMs} AS double precision)`)} OR outbox_since > ${now(sql.lit(AHEAD_MS))})
    AND (leased_until IS NULL OR leased_until <= ${now()}
      OR leased_until > ${now(sql`CAST(${leaseMs} AS double precision) + ${sql.lit(AHEAD_MS)}`)}))`;
}

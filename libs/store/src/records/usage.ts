import { sql } from 'kysely';
import type { UsageStore } from '../ports/usage.ts';
import { type Database, type Given, prepared } from './database.ts';

interface Values {
  readonly key: string;
  readonly beganAt: number;
  readonly endsAt: number;
  readonly amount: number;
  readonly limit: number;
  /** The smaller of the two. */
  readonly begin: number;
}

export function createUsage({ db, change }: Database): UsageStore {
  const take = prepared(({ key, beganAt, endsAt, amount, limit, begin }: Given<Values>) =>
    db
      .insertInto('usage')
      .values({ key, began_at: beganAt, ends_at: endsAt, used: begin, used_before: 0 })
      .onConflict((known) =>
        known.columns(['key', 'began_at']).doUpdateSet({
          used_before: sql<number>`usage.used`,
          // A limit that was lowered takes nothing back.
          used: sql<number>`CASE
            WHEN usage.used >= ${limit} THEN usage.used
            WHEN usage.used + ${amount} > ${limit} THEN ${limit}
            ELSE usage.used + ${amount} END`,
        }),
      )
      .returning(['used', 'used_before']),
  );
  return {
    async take({ key, period, amount, limit }) {
      const values = { key, ...period, amount, limit, begin: Math.min(amount, limit) };
      const [row] = await change(take(values), { urgency: 'prompt' });
      return row === undefined ? 0 : row.used - row.used_before;
    },
  };
}

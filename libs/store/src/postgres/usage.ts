import type { UsageStore } from '../ports/usage.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const TAKE: Statement = {
  name: 'take-usage',
  text: `
    INSERT INTO usage AS u (key, began_at, ends_at, used, used_before)
    VALUES ($1, $2::bigint, $3::bigint, least($4::bigint, $5::bigint), 0)
    ON CONFLICT (key, began_at) DO UPDATE
      SET used_before = u.used, used = greatest(u.used, least(u.used + $4::bigint, $5::bigint))
    RETURNING (used - used_before)::float8 AS granted`,
};

export function createPostgresUsage(database: Database): UsageStore {
  return {
    async take({ key, period, amount, limit }) {
      const [row] = await database.rows<{ granted: number }>(TAKE, [
        key,
        period.beganAt,
        period.endsAt,
        amount,
        limit,
      ]);
      return row?.granted ?? 0;
    },
  };
}

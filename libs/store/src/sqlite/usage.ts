import { storableText } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import type { UsageTaken } from '../ports/usage.ts';

/** Only for use inside a transaction. */
export function createSqliteUsage(prepare: Prepare): { take(taken: UsageTaken): number } {
  const take = prepare.one<{ granted: number }>(`
    INSERT INTO usage (key, began_at, ends_at, used, used_before) VALUES (?1, ?2, ?3, min(?4, ?5), 0)
    ON CONFLICT (key, began_at) DO UPDATE SET used_before = used, used = max(used, min(used + ?4, ?5))
    RETURNING used - used_before AS granted`);
  return {
    take: ({ key, period, amount, limit }) =>
      take(storableText(key), period.beganAt, period.endsAt, amount, limit)?.granted ?? 0,
  };
}

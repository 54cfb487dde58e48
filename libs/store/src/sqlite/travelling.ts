import type { Prepare } from '@parley/sqlite';
import { IS_TRAVELLING, TRAVELLING_COLUMNS, type TravellingRow, travellingOf } from '../rows.ts';
import type { Store, TravellingRequest } from '../store.ts';

export function createSqliteTravelling(
  prepare: Prepare,
): (...args: Parameters<Store['listTravelling']>) => TravellingRequest[] {
  const list = prepare.all<TravellingRow>(`
    SELECT ${TRAVELLING_COLUMNS} FROM requests
    WHERE message_id > ? AND ${IS_TRAVELLING}
    ORDER BY message_id LIMIT ?`);
  return ({ after, limit }) => list(after, limit).map(travellingOf);
}

import { IS_TRAVELLING, TRAVELLING_COLUMNS, type TravellingRow, travellingOf } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const LIST: Statement = {
  name: 'list-travelling',
  text: `
    SELECT ${TRAVELLING_COLUMNS} FROM requests
    WHERE message_id > $1 AND ${IS_TRAVELLING}
    ORDER BY message_id LIMIT $2`,
};

export function listingTravelling(database: Database): Store['listTravelling'] {
  return async ({ after, limit }) =>
    (await database.rows<TravellingRow>(LIST, [after, limit])).map(travellingOf);
}

import type { DeadLetter } from '@parley/shared-models';
import type { Selectable } from 'kysely';
import type { Store } from '../store.ts';
import { all, type Database, type Filters, first, type Given, prepared, preparedList } from './database.ts';
import type { Tables } from './tables.ts';

type DeadLetters = Pick<Store, 'addDeadLetter' | 'listDeadLetters' | 'getDeadLetter' | 'setDeadLetterState'>;
type Row = Pick<Selectable<Tables['dead_letters']>, 'state' | 'letter'>;

/** A letter is kept whole as JSON: a dead message may hold characters that columns of text cannot. */
export function createDeadLetters({ db, read, change }: Database): DeadLetters {
  const letters = db.selectFrom('dead_letters').select(['state', 'letter']);
  const insert = prepared(({ id, state, letter }: Given<Row & { id: string }>) =>
    db
      .insertInto('dead_letters')
      .values({ id, state, letter })
      .onConflict((known) => known.column('id').doNothing()),
  );
  const findLast = preparedList(
    ({ state, limit }: Filters<{ state?: DeadLetter['state']; limit: number }>) => {
      const last = letters.orderBy('number', 'desc').limit(limit);
      return state === undefined ? last : last.where('state', '=', state);
    },
  );
  const find = prepared(({ id }: Given<{ id: string }>) => letters.where('id', '=', id));
  const replace = prepared(({ id, state }: Given<{ id: string; state: DeadLetter['state'] }>) =>
    db
      .updateTable('dead_letters')
      .set({ state })
      .where('id', '=', id)
      .where('state', '=', 'dead')
      .returning('id'),
  );
  return {
    async addDeadLetter(letter) {
      await change(insert({ id: letter.id, state: letter.state, letter: JSON.stringify(letter) }));
    },
    listDeadLetters: (query) =>
      read(function* () {
        return (yield* all(findLast(query))).map(letterOf);
      }),
    getDeadLetter: (id) =>
      read(function* () {
        const row = yield* first(find({ id }));
        return row && letterOf(row);
      }),
    async setDeadLetterState(id, state) {
      return (await change(replace({ id, state }))).length > 0;
    },
  };
}

function letterOf({ state, letter }: Row): DeadLetter {
  return { ...(JSON.parse(letter) as DeadLetter), state };
}

import { type LetterRow, letterOf } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const ADD: Statement = {
  name: 'add-dead-letter',
  text: 'INSERT INTO dead_letters (id, state, letter) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
};
const LIST: Statement = {
  name: 'list-dead-letters',
  text: 'SELECT state, letter FROM dead_letters ORDER BY number DESC LIMIT $1',
};
const LIST_OF_STATE: Statement = {
  name: 'list-dead-letters-of-state',
  text: 'SELECT state, letter FROM dead_letters WHERE state = $1 ORDER BY number DESC LIMIT $2',
};
const GET: Statement = {
  name: 'get-dead-letter',
  text: 'SELECT state, letter FROM dead_letters WHERE id = $1',
};
const SET_STATE: Statement = {
  name: 'set-dead-letter-state',
  text: `UPDATE dead_letters SET state = $1 WHERE id = $2 AND state = 'dead' RETURNING id`,
};

/** A letter is kept whole as JSON: what died may hold anything, which columns of text would not. */
export function createPostgresDeadLetters(
  database: Database,
): Pick<Store, 'addDeadLetter' | 'listDeadLetters' | 'getDeadLetter' | 'setDeadLetterState'> {
  return {
    async addDeadLetter(letter) {
      await database.rows(ADD, [letter.id, letter.state, JSON.stringify(letter)]);
    },
    async listDeadLetters({ limit, state }) {
      const rows =
        state === undefined
          ? await database.rows<LetterRow>(LIST, [limit])
          : await database.rows<LetterRow>(LIST_OF_STATE, [state, limit]);
      return rows.map(letterOf);
    },
    async getDeadLetter(id) {
      const [row] = await database.rows<LetterRow>(GET, [id]);
      return row === undefined ? undefined : letterOf(row);
    },
    async setDeadLetterState(id, state) {
      return (await database.rows(SET_STATE, [state, id])).length > 0;
    },
  };
}

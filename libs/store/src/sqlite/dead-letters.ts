import type { DeadLetter } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import { type LetterRow, letterOf } from '../rows.ts';

export interface SqliteDeadLetters {
  add(letter: DeadLetter): void;
  list(options: { limit: number; state?: DeadLetter['state'] }): DeadLetter[];
  get(id: string): DeadLetter | undefined;
  setState(id: string, state: 'replayed' | 'discarded'): boolean;
}

/** A letter is kept whole as JSON: what died may hold anything, which columns of text would not. */
export function createSqliteDeadLetters(prepare: Prepare): SqliteDeadLetters {
  const insert = prepare.change(
    'INSERT INTO dead_letters (id, state, letter) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const list = prepare.all<LetterRow>('SELECT state, letter FROM dead_letters ORDER BY number DESC LIMIT ?');
  const listOfState = prepare.all<LetterRow>(
    'SELECT state, letter FROM dead_letters WHERE state = ? ORDER BY number DESC LIMIT ?',
  );
  const find = prepare.one<LetterRow>('SELECT state, letter FROM dead_letters WHERE id = ?');
  const setState = prepare.change(`UPDATE dead_letters SET state = ? WHERE id = ? AND state = 'dead'`);
  return {
    add(letter) {
      insert(letter.id, letter.state, JSON.stringify(letter));
    },
    list({ limit, state }) {
      const rows = state === undefined ? list(limit) : listOfState(state, limit);
      return rows.map(letterOf);
    },
    get(id) {
      const row = find(id);
      return row === undefined ? undefined : letterOf(row);
    },
    setState: (id, state) => setState(state, id) > 0,
  };
}

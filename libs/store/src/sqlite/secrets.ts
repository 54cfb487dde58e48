import { randomBytes } from 'node:crypto';
import type { Prepare } from '@parley/sqlite';

/** Only for use inside a transaction. */
export function createSqliteSecrets(prepare: Prepare): { getOrCreate(name: string): string } {
  const insert = prepare.change('INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const find = prepare.one<{ value: string }>('SELECT value FROM secrets WHERE name = ?');
  return {
    getOrCreate(name) {
      insert(name, randomBytes(32).toString('base64url'));
      const row = find(name);
      if (row === undefined) throw new Error(`the secret ${name} was not stored`);
      return row.value;
    },
  };
}

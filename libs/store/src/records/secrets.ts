import { randomBytes } from 'node:crypto';
import type { SecretStore } from '../ports/secrets.ts';
import { type Database, first, run } from './database.ts';

export function createSecrets({ db, write }: Database): SecretStore {
  return {
    getOrCreate: (name) =>
      write(function* () {
        const value = randomBytes(32).toString('base64url');
        const insert = db.insertInto('secrets').values({ name, value });
        yield* run(insert.onConflict((known) => known.doNothing()));
        const row = yield* first(db.selectFrom('secrets').select('value').where('name', '=', name));
        if (row === undefined) throw new Error(`the secret ${name} was not stored`);
        return row.value;
      }),
  };
}

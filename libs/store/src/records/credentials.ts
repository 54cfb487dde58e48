import { randomBytes } from 'node:crypto';
import type { RevokedTokenStore, SecretStore } from '../ports/credentials.ts';
import { all, type Database, first, type Given, prepared, run } from './database.ts';

export function createRevokedTokens({ db, read, change }: Database): RevokedTokenStore {
  const insert = prepared(({ tokenId }: Given<{ tokenId: string }>) =>
    db
      .insertInto('revoked_tokens')
      .values({ token_id: tokenId })
      .onConflict((known) => known.doNothing()),
  );
  return {
    async add(tokenId) {
      await change(insert({ tokenId }));
    },
    list: () =>
      read(function* () {
        const rows = yield* all(db.selectFrom('revoked_tokens').select('token_id'));
        return rows.map(({ token_id }) => token_id);
      }),
  };
}

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

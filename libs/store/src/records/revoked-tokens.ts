import type { RevokedTokenStore } from '../ports/revoked-tokens.ts';
import { all, type Database, type Given, prepared } from './database.ts';

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

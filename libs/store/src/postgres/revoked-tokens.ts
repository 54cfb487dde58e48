import type { RevokedTokenStore } from '../ports/revoked-tokens.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const INSERT: Statement = {
  name: 'revoke-token',
  text: 'INSERT INTO revoked_tokens (token_id) VALUES ($1) ON CONFLICT DO NOTHING',
};
const LIST: Statement = { name: 'list-revoked-tokens', text: 'SELECT token_id FROM revoked_tokens' };

export function createPostgresRevokedTokens(database: Database): RevokedTokenStore {
  return {
    async add(tokenId) {
      await database.rows(INSERT, [tokenId]);
    },
    async list() {
      return (await database.rows<{ token_id: string }>(LIST, [])).map(({ token_id }) => token_id);
    },
  };
}

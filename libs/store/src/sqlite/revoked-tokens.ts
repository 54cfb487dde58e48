import type { Prepare } from '@parley/sqlite';

export function createSqliteRevokedTokens(prepare: Prepare): {
  add(tokenId: string): void;
  list(): string[];
} {
  const insert = prepare.change('INSERT INTO revoked_tokens (token_id) VALUES (?) ON CONFLICT DO NOTHING');
  const list = prepare.all<{ token_id: string }>('SELECT token_id FROM revoked_tokens');
  return {
    add(tokenId) {
      insert(tokenId);
    },
    list: () => list().map(({ token_id }) => token_id),
  };
}

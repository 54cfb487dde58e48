import { randomBytes } from 'node:crypto';
import type { SecretStore } from '../ports/secrets.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const INSERT: Statement = {
  name: 'make-secret',
  text: 'INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};
const FIND: Statement = { name: 'find-secret', text: 'SELECT value FROM secrets WHERE name = $1' };

export function createPostgresSecrets(database: Database): SecretStore {
  return {
    async getOrCreate(name) {
      await database.rows(INSERT, [name, randomBytes(32).toString('base64url')]);
      const [row] = await database.rows<{ value: string }>(FIND, [name]);
      if (row === undefined) throw new Error(`the secret ${name} was not stored`);
      return row.value;
    },
  };
}

import type { StoreFixture } from '../conformance/store-fixture.ts';
import { openPostgresStore } from '../src/drivers/postgres/postgres-store.ts';
import { silentLogger } from '../src/store-logger.ts';
import { createPostgresSchema, type PostgresSchema } from './postgres-schema.ts';

/** A schema of its own for tests of the PostgreSQL store. */
export interface PostgresFixture extends StoreFixture {
  readonly schema: PostgresSchema;
}

export async function createPostgresFixture(): Promise<PostgresFixture> {
  const schema = await createPostgresSchema();
  const { databaseUrl } = schema;
  return {
    schema,
    address: { databaseUrl, dataDir: '' },
    sql: (statement) => schema.query(statement),
    open: () => openPostgresStore({ databaseUrl, logger: silentLogger }),
    remove: () => schema.remove(),
  };
}

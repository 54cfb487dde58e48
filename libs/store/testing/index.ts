export { openSqliteStore } from '../src/drivers/sqlite/sqlite-store.ts';
export * from './apply.ts';
export { createPostgresSchema, type PostgresSchema, postgresFromEnv } from './postgres-schema.ts';

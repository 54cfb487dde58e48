export { createPostgresSchema, type PostgresSchema, postgresFromEnv } from './postgres-schema.ts';

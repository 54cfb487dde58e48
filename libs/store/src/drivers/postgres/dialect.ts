import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import type { Dialect } from '../../records/database.ts';
import type { Tables } from '../../records/tables.ts';

/** The parts of statements that differ in PostgreSQL. */
export function createDialect(): Dialect {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return {
    db,
    now: (plusMs) =>
      plusMs === undefined ? sql`now()` : sql`(now() + (${plusMs})::float8 * interval '1 millisecond')`,
    at: (ms) => sql`to_timestamp(${ms}::float8 / 1000)`,
    isAmong: (column, ids) => sql`${sql.ref(column)} = ANY (${ids}::text[])`,
    isAmongNumbers: (column, numbers) => sql`${sql.ref(column)} = ANY (${numbers}::bigint[])`,
    pairs: (pairs) => sql`(
      SELECT value ->> 0 AS pair_id, (value ->> 1)::bigint AS pair_number
      FROM json_array_elements(${pairs}::json) AS given (value)) AS pair`,
    forUpdate: sql`FOR UPDATE`,
    skipLocked: sql`FOR UPDATE SKIP LOCKED`,
  };
}

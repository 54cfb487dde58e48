import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { storableText } from '@parley/shared-models';
import {
  type CompiledQuery,
  DummyDriver,
  type Expression,
  Kysely,
  type SqlBool,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import type { Dialect, Work } from '../../records/database.ts';
import type { Tables, Time } from '../../records/tables.ts';

/** Stands for the time at which a piece of work began. */
const NOW = Object.freeze({ is: 'now' });

/** The parts of statements that differ in SQLite. */
export function createDialect(): Dialect {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const now = sql.val(NOW) as Expression<unknown> as Expression<Time>;
  // Arrays are bound as JSON.
  const isAmong = (column: string, values: Expression<unknown>): Expression<SqlBool> =>
    sql`${sql.ref(column)} IN (SELECT value FROM json_each(${values}))`;
  // A writer has the file for itself.
  const nothing = sql``;
  return {
    db,
    now: (plusMs) => (plusMs === undefined ? now : sql`(${now} + ${plusMs})`),
    at: (ms) => sql`${ms}`,
    isAmong,
    isAmongNumbers: isAmong,
    pairs: (pairs) =>
      sql`(SELECT value ->> 0 AS pair_id, value ->> 1 AS pair_number FROM json_each(${pairs})) AS pair`,
    forUpdate: nothing,
    skipLocked: nothing,
  };
}

/** Runs work, or one statement, to its end without waiting. */
export interface Runner {
  work<T>(work: Work<T>): T;
  one<Row>(statement: CompiledQuery<Row>): Row[];
}

/** Statements are prepared once each. */
export function createRunner(database: DatabaseSync, now: () => number): Runner {
  const prepared = new Map<string, StatementSync>();
  const rowsOf = ({ sql: text, parameters }: CompiledQuery, at: number): unknown[] => {
    let statement = prepared.get(text);
    if (statement === undefined) {
      statement = database.prepare(text);
      prepared.set(text, statement);
    }
    return statement.all(...parameters.map((value) => inputOf(value, at)));
  };
  return {
    work(work) {
      const at = now();
      let step = work.next([]);
      while (step.done !== true) step = work.next(step.value.map((statement) => rowsOf(statement, at)));
      return step.value;
    },
    one: <Row>(statement: CompiledQuery<Row>) => rowsOf(statement, now()) as Row[],
  };
}

function inputOf(value: unknown, at: number): SQLInputValue {
  if (value === NOW) return at;
  if (typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  return typeof value === 'string' ? storableText(value) : (value as SQLInputValue);
}

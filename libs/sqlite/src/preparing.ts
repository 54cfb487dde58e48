import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

type Value = SQLInputValue;

/**
 * Statements prepared once; each returns plain rows, or the number of rows that it changed. SQLite tells no types: that
 * a row has those that are named is for the statement to see to.
 */
export interface Prepare {
  one<Row>(sql: string): (...values: Value[]) => Row | undefined;
  all<Row>(sql: string): (...values: Value[]) => Row[];
  change(sql: string): (...values: Value[]) => number;
}

export function preparing(database: DatabaseSync): Prepare {
  return {
    one<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: Value[]) => statement.get(...values) as Row | undefined;
    },
    all<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: Value[]) => statement.all(...values) as Row[];
    },
    change(sql) {
      const statement = database.prepare(sql);
      return (...values) => Number(statement.run(...values).changes);
    },
  };
}

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/**
 * Statements prepared once; each returns plain rows, or the number of rows that it changed. SQLite tells no types: that
 * a row has those that are named is for the statement to see to.
 */
export function preparing(database: DatabaseSync) {
  return {
    one<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: SQLInputValue[]): Row | undefined => statement.get(...values) as Row | undefined;
    },
    all<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: SQLInputValue[]): Row[] => statement.all(...values) as Row[];
    },
    change(sql: string) {
      const statement = database.prepare(sql);
      return (...values: SQLInputValue[]): number => Number(statement.run(...values).changes);
    },
  };
}

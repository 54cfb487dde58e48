import type { Store } from '../store.ts';

/**
 * From version 14 on: each brings a database one version further, in SQL that both understand, or in that of each. Never change
 * one, add one. The first 13 date from when each driver had a list of its own.
 */
const MIGRATIONS: readonly (string | Readonly<Record<Store['kind'], string>>)[] = [
  // With the same condition as the queries for open rows: SQLite takes such an index only then.
  {
    sqlite: `
      DROP INDEX commands_open;
      CREATE INDEX commands_open ON commands (agent_id, number) WHERE is_open;
      DROP INDEX tasks_open;
      CREATE INDEX tasks_open ON tasks (agent_group, id) WHERE is_open;`,
    postgres: '',
  },
  // For the searches of operators among all rows.
  `CREATE INDEX audit_by_action ON audit (action, seq);
  CREATE INDEX audit_by_actor ON audit (actor_id, seq);
  CREATE INDEX audit_by_agent ON audit (agent_id, seq) WHERE agent_id IS NOT NULL;
  CREATE INDEX commands_by_state ON commands (state, number);`,
];

/** @param first the driver's own */
export function migrationsOf(kind: Store['kind'], first: readonly string[]): string[] {
  return [...first, ...MIGRATIONS.map((each) => (typeof each === 'string' ? each : each[kind]))];
}

import type { ClientBase } from 'pg';
import { migrationsOf } from '../../records/migrations.ts';
import { FIRST_MIGRATIONS } from './migrations.ts';
import { query } from './postgres-connection.ts';

/** Any number does; it only has to be the same in every Parley. */
const LOCK = 7_202_611;

const MIGRATIONS = migrationsOf('postgres', FIRST_MIGRATIONS);

/**
 * Brings the tables to the newest version. Several processes may do so at once: one does, the others wait. Where there
 * is nothing to do, no right to make tables is needed.
 * @throws ParleyError `store_unavailable`; Error when a later version of Parley has made the tables
 */
export async function migrate(client: ClientBase): Promise<void> {
  if ((await versionOf(client)) === MIGRATIONS.length) return;
  await query(client, 'BEGIN');
  try {
    // However long another process takes for its migrations.
    await query(client, 'SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0');
    await query(client, `SELECT pg_advisory_xact_lock(${LOCK})`);
    const version = await versionOf(client);
    if (version > MIGRATIONS.length) {
      throw new Error(`the database has version ${version}; this Parley knows up to ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) await query(client, migration);
    await query(client, `UPDATE parley_version SET version = ${MIGRATIONS.length}`);
    await query(client, 'COMMIT');
  } catch (error) {
    await query(client, 'ROLLBACK');
    throw error;
  }
}

async function versionOf(client: ClientBase): Promise<number> {
  // Not by to_regclass: it may still answer as before the lock was waited for.
  const found = await query(
    client,
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relname = 'parley_version' AND nspname = ANY (current_schemas(false))`,
  );
  if (found.rows.length === 0) return 0;
  const { rows } = await query<{ version: number }>(client, 'SELECT version FROM parley_version');
  return rows[0]?.version ?? 0;
}

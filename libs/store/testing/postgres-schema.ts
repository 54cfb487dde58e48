import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A schema of its own in a running PostgreSQL: nothing that others do there is seen in it. */
export interface PostgresSchema {
  readonly name: string;
  /** For `DATABASE_URL`: leads into this schema. */
  readonly databaseUrl: string;
  /** Runs one statement in the schema. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Has PostgreSQL end every connection to the schema. @returns how many there were */
  endConnections(): Promise<number>;
  /** Ends the connections and removes the schema with all its tables. */
  remove(): Promise<void>;
}

/** The PostgreSQL that the test command provides. @throws Error without one, with the remedy */
export function postgresFromEnv(env: NodeJS.ProcessEnv = process.env): string {
  const databaseUrl = env.DATABASE_URL;
  if (!databaseUrl) throw new Error('DATABASE_URL must name a PostgreSQL: `npm test` provides one');
  return databaseUrl;
}

/** Makes a schema with a random name. */
export async function createPostgresSchema(address: string = postgresFromEnv()): Promise<PostgresSchema> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(address);
  url.searchParams.set('options', `-csearch_path=${name}`);
  // Tells the schema's connections from all others.
  url.searchParams.set('application_name', name);
  // One connection, for which those that ask at the same time wait.
  const client = new pg.Pool({ connectionString: address, max: 1, idleTimeoutMillis: 0 });
  await client.query(`CREATE SCHEMA ${name}`);
  await client.query(`SET search_path = ${name}`);
  const endConnections = async (): Promise<number> => {
    const { rowCount } = await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [name],
    );
    return rowCount ?? 0;
  };
  return {
    name,
    databaseUrl: url.href,
    query: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows,
    endConnections,
    async remove() {
      await endConnections();
      await client.query(`DROP SCHEMA ${name} CASCADE`);
      await client.end();
    },
  };
}

import { storableText } from '@parley/shared-models';
import pg from 'pg';
import { isOutsideTrouble, portError } from './postgres-errors.ts';

/** A statement that is prepared once for each connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface PoolSettings {
  readonly databaseUrl: string;
  readonly connections: number;
  /** Bounds each statement, in milliseconds. */
  readonly statementTimeoutMs: number;
}

const JSON_TYPE = pg.types.builtins.JSON;
const TIME_TYPE = pg.types.builtins.TIMESTAMPTZ;
const INTEGER_TYPE = pg.types.builtins.INT8;

/** JSON stays text until it is needed, times are ISO 8601, and no number is as large as 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') => {
    if (oid === JSON_TYPE) return (text: string) => text;
    if (oid === INTEGER_TYPE) return Number;
    const parse = pg.types.getTypeParser(oid, format);
    return oid === TIME_TYPE ? (text: string) => (parse(text) as Date).toISOString() : parse;
  }) as pg.CustomTypesConfig['getTypeParser'],
};

export function createPool({ databaseUrl, connections, statementTimeoutMs }: PoolSettings): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    fallback_application_name: 'parley',
    max: connections,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    // Statements follow one another without waiting for the answers: a transaction costs two round trips, not seven.
    pipeline: true,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs / 2,
    // When PostgreSQL does not keep to the above, the connection is dead.
    query_timeout: statementTimeoutMs * 1.5,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    // Plans are kept. One that was made while the tables were empty would read them from end to end for a long time.
    onConnect: async (client) => {
      await client.query('SET enable_seqscan = off');
    },
    types,
  });
}

/**
 * Runs a statement, with values as PostgreSQL can hold them: it refuses a text with NUL, and each call would fail again.
 * @throws the error as `portError` turns it
 */
export async function query<Row extends pg.QueryResultRow>(
  on: pg.Pool | pg.ClientBase,
  statement: Statement | string,
  values: unknown[] = [],
): Promise<pg.QueryResult<Row>> {
  try {
    return await on.query<Row>(
      typeof statement === 'string' ? statement : { ...statement, values: values.map(storable) },
    );
  } catch (error) {
    throw portError(error);
  }
}

function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  return typeof value === 'string' ? storableText(value) : value;
}

/** Takes a connection for the time of `work`; one that was lost meanwhile is not used again. */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await connect(pool);
  let isLost = false;
  // The statements under way fail, too; without a listener the loss itself would end the process.
  const onError = (): void => {
    isLost = true;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    isLost ||= isOutsideTrouble(error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(isLost);
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw portError(error);
  }
}

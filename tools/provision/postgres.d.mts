export interface ProvisionedPostgres {
  env: { DATABASE_URL: string };
  /** Ends only the processes started for this call. May be called twice. */
  stop(): Promise<void>;
}

/** A PostgreSQL of one's own, to be maltreated. Its address stays the same until `stop()`. */
export interface PostgresServer extends ProvisionedPostgres {
  databaseUrl: string;
  /** Stops in good order, with open connections closed, and starts again on the same data. */
  restart(): Promise<void>;
  /** Kill -9, as a power failure would. */
  stopServer(): Promise<void>;
  /** After `stopServer()`. @throws when it is running already or does not come up */
  startServer(): Promise<void>;
}

export interface PostgresOptions {
  /** Receives progress messages. @default they are dropped */
  log?: (line: string) => void;
}

/**
 * The PostgreSQL that `DATABASE_URL` names, else one of our own.
 *
 * @throws ProvisionError whose message says how to get PostgreSQL
 */
export function provisionPostgres(options?: PostgresOptions): Promise<ProvisionedPostgres>;

/**
 * A PostgreSQL of one's own, whether or not `DATABASE_URL` is set: in docker when an engine runs, else a private cluster
 * of the installed PostgreSQL, else of one installed with apt-get.
 *
 * @throws ProvisionError whose message says how to get PostgreSQL
 */
export function startPostgres(options?: PostgresOptions): Promise<PostgresServer>;

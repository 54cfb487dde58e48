import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { type EmbeddedBusOptions, openBusOn } from '../src/embedded/embedded-bus.ts';
import { openQueueDatabase } from '../src/embedded/queue-database.ts';
import type { MessageBus } from '../src/message-bus.ts';

type FolderOptions = Partial<Omit<EmbeddedBusOptions, 'dataDir'>>;

/** For tests: a data folder, the bus on it, and a way to look into its file. */
export interface BusFolder {
  readonly dataDir: string;
  /** One bus at a time: the one opened before must be closed. */
  open(options?: FolderOptions): Promise<MessageBus>;
  /** The file, by the connection of the bus that is open. */
  look(): DatabaseSync;
  /** Closes all, and removes the folder. */
  remove(): Promise<void>;
}

/** Defaults that suit tests. */
const DEFAULTS = { retryDelay: { minMs: 1, maxMs: 5 } };

/** @param dataDir @default a new one */
export async function makeBusFolder(given?: string): Promise<BusFolder> {
  const dataDir = given ?? (await mkdtemp(path.join(tmpdir(), 'parley-embedded-')));
  const buses: MessageBus[] = [];
  let database: DatabaseSync | undefined;
  return {
    dataDir,
    async open({ logger = silentLogger, ...options } = {}) {
      const { publishTimeoutMs = 5_000 } = options;
      database = await openQueueDatabase(dataDir, publishTimeoutMs, logger);
      const bus = await openBusOn(database, { dataDir, logger, ...DEFAULTS, ...options });
      buses.push(bus);
      return bus;
    },
    look() {
      if (database === undefined) throw new Error('there is a file only once a bus was opened');
      return database;
    },
    async remove() {
      await Promise.all(buses.map((bus) => bus.close()));
      await rm(dataDir, { recursive: true });
    },
  };
}

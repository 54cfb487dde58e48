import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '../conformance/bus-fixture.ts';
import type { MessageBus } from '../message-bus.ts';
import { type BusProcess, startBusProcess } from './bus-process.ts';
import { openEmbeddedBus } from './embedded-bus.ts';
import type { EmbeddedBusOptions } from './embedded-options.ts';

type FolderOptions = Partial<Omit<EmbeddedBusOptions, 'dataDir'>>;

/** For tests: a data folder, the buses and processes on it, and a way to look into its file. */
export interface BusFolder {
  readonly dataDir: string;
  open(options?: FolderOptions): Promise<MessageBus>;
  start(options?: Omit<FolderOptions, 'logger'>): Promise<BusProcess>;
  /** A plain connection to the queue's file, as another program would have. Closed with the folder. */
  look(): DatabaseSync;
  /** Closes and ends all, and removes the folder. */
  remove(): Promise<void>;
}

/** Defaults that suit tests; a lease that a busy test machine does not lose. */
const DEFAULTS = { leaseMs: 60_000, retryDelay: { minMs: 1, maxMs: 5 } };

export async function makeBusFolder(): Promise<BusFolder> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'parley-embedded-'));
  const buses: MessageBus[] = [];
  const processes: BusProcess[] = [];
  const databases: DatabaseSync[] = [];
  return {
    dataDir,
    async open(options = {}) {
      const bus = await openEmbeddedBus({ dataDir, logger: silentLogger, ...DEFAULTS, ...options });
      buses.push(bus);
      return bus;
    },
    async start(options = {}) {
      const started = await startBusProcess({ dataDir, ...DEFAULTS, ...options });
      processes.push(started);
      return started;
    },
    look() {
      const database = new DatabaseSync(path.join(dataDir, 'queue.sqlite'), { timeout: 5_000 });
      databases.push(database);
      return database;
    },
    async remove() {
      for (const started of processes) started.signal('SIGKILL');
      await Promise.all(processes.map((started) => started.ended));
      await Promise.all(buses.map((bus) => bus.close()));
      for (const database of databases) database.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

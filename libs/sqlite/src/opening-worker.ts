import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './open-database.ts';

/** For tests: what a thread is told that opens a database as another process would. */
export interface Opening {
  readonly file: string;
  readonly migrations: readonly string[];
  readonly timeoutMs: number;
  /** One number: how many threads are still to come. They open together when it is zero. */
  readonly absent: Int32Array;
}

const { file, migrations, timeoutMs, absent } = workerData as Opening;
Atomics.sub(absent, 0, 1);
while (Atomics.load(absent, 0) > 0);
try {
  openDatabase(file, { migrations, timeoutMs, logLimitBytes: 1024 * 1024 }).close();
  parentPort?.postMessage('opened');
} catch (error) {
  parentPort?.postMessage(String(error));
}

import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../src/database.ts';

/** The input of a thread that opens databases as another process would, one after the other. */
export interface Opening {
  readonly files: readonly string[];
  readonly migrations: readonly string[];
  readonly timeoutMs: number;
  /** For each file, how many threads are still to come to it. They open it together when no thread is to come. */
  readonly absent: Int32Array;
}

const { files, migrations, timeoutMs, absent } = workerData as Opening;
try {
  for (const [index, file] of files.entries()) {
    Atomics.sub(absent, index, 1);
    while (Atomics.load(absent, index) > 0);
    openDatabase(file, { migrations, timeoutMs, logLimitBytes: 1024 * 1024 }).close();
  }
  parentPort?.postMessage('opened');
} catch (error) {
  absent.fill(0);
  parentPort?.postMessage(String(error));
}

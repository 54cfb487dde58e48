import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../tests/harness/free-port.ts';
import { startProcess } from '../tests/harness/parley-process.ts';
import type { Part } from './part.ts';

const START = path.resolve(import.meta.dirname, '../tools/start.mjs');
const READY_MS = 'start-up until /ready is 200, ms';
const LOOK_MS = 10;

/**
 * `npm start` without npm: everything in one process, on data of its own, from the start of the first process until
 * `/ready` answers 200. The first start is not counted: it installs and builds what is missing, and fills the compile cache.
 */
export function startUp(): Part {
  let isWarm = false;
  return {
    name: 'start-up',
    rows: { [READY_MS]: { digits: 0 } },
    variants: {
      embedded: {
        needsRabbitMq: false,
        async measure() {
          if (!isWarm) await startOnce();
          isWarm = true;
          return { [READY_MS]: await startOnce() };
        },
      },
    },
  };
}

async function startOnce(): Promise<number> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'parley-bench-'));
  const port = await freePort();
  const startedAt = performance.now();
  const parley = startProcess(
    'start',
    {
      PORT: String(port),
      GRPC_PORT: String(await freePort()),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
    },
    [],
    START,
  );
  try {
    while (!(await isReady(`http://127.0.0.1:${port}/ready`))) {
      if (!parley.isRunning) throw new Error(`it ended before it was ready:\n${parley.output}`);
      await delay(LOOK_MS);
    }
    return performance.now() - startedAt;
  } finally {
    await parley.terminate();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

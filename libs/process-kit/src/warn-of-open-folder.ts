import { stat } from 'node:fs/promises';
import type { Logger } from './logger.ts';

/** Whether anybody but the owner may read, write or enter. */
const OTHERS = 0o077;

/** Says so when others on this machine may look into the data folder. What Parley makes itself is for its own user alone. */
export async function warnOfOpenFolder(dataDir: string, logger: Logger): Promise<void> {
  // Windows has no such permissions.
  if (process.platform === 'win32') return;
  const mode = await modeOf(dataDir);
  if (mode === undefined || (mode & OTHERS) === 0) return;
  logger.warn(
    { dataDir, mode: (mode & 0o777).toString(8) },
    'other users of this machine may get at the data folder, which holds conversations and keys: chmod -R go= would end that',
  );
}

async function modeOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).mode;
  } catch (error) {
    // Nothing was put there: queue and store are elsewhere.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

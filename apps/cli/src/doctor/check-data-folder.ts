import { mkdtemp, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { settings } from '@parley/process-kit';
import { type Finding, messageOf } from './check.ts';

/** @param given DATA_DIR, as it stands in the environment */
export async function checkDataFolder(given: string | undefined): Promise<Finding> {
  const name = 'Data folder';
  const folder = settings.dataDir.parse(given ?? '');
  try {
    const existing = await nearestExisting(folder);
    const trial = await mkdtemp(path.join(existing, '.parley-doctor-'));
    await rm(trial, { recursive: true });
    return { name, isOk: true, found: `${folder} ${existing === folder ? 'can be written' : 'can be made'}` };
  } catch (error) {
    return {
      name,
      isOk: false,
      found: `${folder}: ${messageOf(error)}`,
      advice: 'Set DATA_DIR to a folder that you may write to.',
    };
  }
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return nearestExisting(parent);
  }
}

/** In a thread of its own: finds out whether a user's file can be loaded, see `try-in-thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { newId } from '@parley/shared-models';
import { z } from 'zod';
import { importDefinition } from './import-definition.ts';
import { installModuleHooks } from './module-hooks.ts';
import type { TrialWord } from './try-in-thread.ts';

const say = (word: TrialWord): void => parentPort?.postMessage(word);

installModuleHooks((file) => say({ file }));
try {
  await importDefinition(z.string().parse(workerData), newId());
  say({});
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
}

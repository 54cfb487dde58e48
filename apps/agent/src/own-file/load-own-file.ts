import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentDefinition } from '@parley/agent-kit';
import { ConfigError } from '@parley/process-kit';
import { newId } from '@parley/shared-models';
import { importDefinition } from './import-definition.ts';
import { installModuleHooks, takeLoaded } from './module-hooks.ts';
import { LOAD_MS, tryInThread } from './try-in-thread.ts';

/** The result of loading a user's file. */
export interface OwnFileLoad {
  /** @throws ConfigError that names the fault, with file and line where they are known */
  definition(): AgentDefinition;
  /** The file and those it imports from its own folders, as far as they were read. */
  readonly files: ReadonlySet<string>;
  /** The text of the file itself. */
  readonly text: string;
}

/**
 * Reads a user's own file, anew with each call; first in a thread, since code that does not end there would never end
 * here.
 * @param path absolute
 * @param signal ends the reading: there is something newer to read
 * @throws the signal's reason
 */
export async function loadOwnFile(path: string, signal: AbortSignal): Promise<OwnFileLoad> {
  installModuleHooks();
  const text = await textOf(path);
  const load = newId();
  const trial = await tryInThread(path, signal);
  const outcome = await loadHere(path, load, trial.error).then(
    (definition) => () => definition,
    (error: unknown) => () => {
      throw error;
    },
  );
  return { definition: outcome, files: new Set([path, ...trial.files, ...takeLoaded(load)]), text };
}

async function loadHere(path: string, load: string, error: string | undefined): Promise<AgentDefinition> {
  if (error !== undefined) throw new ConfigError(error);
  const over = new AbortController();
  try {
    // It ended in the thread, and may not end here all the same.
    const tooLong = delay(LOAD_MS, undefined, { signal: over.signal }).then(() => {
      throw new ConfigError(`${path}: it has not loaded within ${LOAD_MS / 1000} s.`);
    });
    return await Promise.race([importDefinition(path, load), tooLong]);
  } finally {
    over.abort();
  }
}

/** Empty where there is no such file. */
export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import type { AgentDefinition } from '@parley/agent-kit';
import type { Logger } from '@parley/process-kit';
import { loadOwnFile, type OwnFileLoad, textOf } from './load-own-file.ts';

export interface WatchOptions {
  /** Absolute path of the user's file. */
  readonly file: string;
  /** The result of its first load. */
  readonly loaded: OwnFileLoad;
  readonly logger: Logger;
  /** Called with the file's definition after each change that can be loaded. @throws when the change is not usable */
  onChange(definition: AgentDefinition): void;
}

/**
 * Loads the file anew when it, or a file of its own that it imports, has changed. A change that cannot be loaded is
 * logged and changes nothing.
 * Returns a function that ends the watch; it resolves when nothing is under way any more.
 */
export function watchOwnFile({ file, loaded, logger, onChange }: WatchOptions): () => Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  let files = new Set(loaded.files);
  let contents = new Map([[file, loaded.text]]);
  let isDirty = false;
  let isStopped = false;
  let loading: Promise<void> | undefined;
  /** Aborted when the file has changed again while it is being loaded. */
  let current = new AbortController();

  const read = async (): Promise<Map<string, string>> =>
    new Map(await Promise.all([...files].map(async (each) => [each, await textOf(each)] as const)));

  const load = async (): Promise<void> => {
    const now = await read();
    // An editor empties a file before it writes it, and tells of one save several times.
    if (now.get(file) === '' || isSame(now, contents)) return;
    const { signal } = current;
    const next = await loadOwnFile(file, signal);
    files = new Set([...next.files, ...files]);
    contents = new Map([...(await read()), ...now]);
    watchFolders();
    try {
      onChange(next.definition());
      files = new Set(next.files);
      logger.info({ file }, 'loaded the changed file');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.error(`the change is not taken over, the agent goes on as before: ${message}`);
    }
  };
  const loadUntilClean = async (): Promise<void> => {
    while (isDirty && !isStopped) {
      isDirty = false;
      current = new AbortController();
      try {
        await load();
      } catch (err) {
        // Saved again meanwhile.
        if (!current.signal.aborted) logger.error({ err, file }, 'the changed file could not be read');
      }
    }
    loading = undefined;
  };
  const onEvent = (): void => {
    isDirty = true;
    current.abort();
    loading ??= loadUntilClean();
  };

  const watchFolders = (): void => {
    for (const folder of new Set([...files].map((each) => path.dirname(each)))) {
      if (watchers.has(folder) || isStopped) continue;
      // The folder, not the file: many editors save by putting a new file in its place.
      const watcher = watch(folder, (_, name) => {
        if (name === null || files.has(path.join(folder, name))) onEvent();
      });
      watcher.on('error', (err) =>
        logger.warn({ err, folder }, 'changes in this folder are not seen any more'),
      );
      watchers.set(folder, watcher);
    }
  };

  watchFolders();
  // It may have changed before there was a watch.
  loading = textOf(file).then((text) => {
    isDirty ||= text !== loaded.text;
    return loadUntilClean();
  });
  return async () => {
    isStopped = true;
    current.abort();
    for (const watcher of watchers.values()) watcher.close();
    await loading;
  };
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([file, text]) => b.get(file) === text);
}

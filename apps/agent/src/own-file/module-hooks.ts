import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Marks the modules of one load of a user's file, so that the next load reads them anew. */
const LOAD = 'parley-load';

const workspace = path.resolve(import.meta.dirname, '../../../..');
const loads = new Map<string, Set<string>>();
let isInstalled = false;
let tell = (_file: string): void => {};

/**
 * Lets a user's file stand anywhere: it finds `@parley/…` and zod here, not those installed beside it, and the modules
 * that it imports from its own folders are read anew with each load. Idempotent; lasts as long as the process.
 * @param onFile told of each of those modules as soon as it is found
 */
export function installModuleHooks(onFile: (file: string) => void = () => {}): void {
  if (isInstalled) return;
  tell = onFile;
  isInstalled = true;
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      const here = { ...context, parentURL: import.meta.url };
      if (!isOutside(parentURL) && loadOf(parentURL) === undefined) {
        return specifier.startsWith('file:')
          ? tagged(next(specifier, context), loadOf(specifier))
          : next(specifier, context);
      }
      // Ours, not one that is installed there: there must be one kit in a process.
      if (specifier.startsWith('@parley/')) return next(specifier, here);
      if (specifier === 'zod' || specifier.startsWith('zod/')) {
        try {
          return next(specifier, context);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
          return next(specifier, here);
        }
      }
      return tagged(next(specifier, context), loadOf(parentURL));
    },
  });
}

/** The URL under which a file is imported for this load. */
export function loadUrl(fileUrl: string, load: string): string {
  const url = new URL(fileUrl);
  url.searchParams.set(LOAD, load);
  return url.href;
}

/** The files that this load has read so far, by their paths; forgets them. */
export function takeLoaded(load: string): ReadonlySet<string> {
  const files = loads.get(load) ?? new Set();
  loads.delete(load);
  return files;
}

interface Resolved {
  url: string;
  format?: string | null | undefined;
}

function tagged<T extends Resolved>(resolved: T, load: string | undefined): T {
  if (!resolved.url.startsWith('file:') || resolved.url.includes('/node_modules/')) return resolved;
  // Without a package.json that says so, Node would guess, and warn that guessing is slow.
  const format = /\.m?ts$/.test(new URL(resolved.url).pathname) ? 'module-typescript' : resolved.format;
  if (load === undefined) return { ...resolved, format };
  const files = loads.get(load) ?? new Set();
  const file = fileURLToPath(resolved.url);
  loads.set(load, files.add(file));
  tell(file);
  return { ...resolved, url: loadUrl(resolved.url, load), format };
}

function loadOf(url: string | undefined): string | undefined {
  return url?.startsWith('file:') === true ? (new URL(url).searchParams.get(LOAD) ?? undefined) : undefined;
}

function isOutside(url: string | undefined): boolean {
  if (url?.startsWith('file:') !== true) return false;
  const file = fileURLToPath(url);
  return !file.startsWith(workspace + path.sep) && !file.includes(`${path.sep}node_modules${path.sep}`);
}

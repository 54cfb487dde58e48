import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParleyError } from '@parley/shared-models';
import { decodeText } from '../decode-text.ts';
import { parseTable, type Table, type TableOptions } from './table.ts';

/** A CSV file that research may read. */
export interface DataFile {
  /** Its path below its folder, with `/` and without `.csv`: `prices/AAPL`. */
  readonly name: string;
  /** `sample`: ships with Parley, invented; `own`: the operator has put it there. */
  readonly origin: 'sample' | 'own';
}

/** The CSV files of the folders; a file of the operator's hides the sample of the same name. */
export interface DataFolder {
  /** By name. Read anew each time: a file that is put there is found without a restart. */
  list(): Promise<DataFile[]>;
  /**
   * @throws ParleyError `not_found` when there is no such file, `invalid_request` when it is too large or no table.
   */
  read(name: string, options?: TableOptions): Promise<Table & DataFile>;
}

export interface DataFolderOptions {
  /** Folder of the samples. @default the samples that ship */
  readonly samples?: string;
  /** Folder of the operator; it need not exist. @default none */
  readonly own?: string | undefined;
}

export const SAMPLES = path.resolve(import.meta.dirname, '../../data-samples');

/** Larger files are refused, in bytes. */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 1000;
/** Folders inside each other. */
const MAX_DEPTH = 3;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_. -]*(?:\/[\p{L}\p{N}_][\p{L}\p{N}_. -]*)*$/u;

export function createDataFolder({ samples = SAMPLES, own }: DataFolderOptions = {}): DataFolder {
  const folders = [
    { origin: 'sample' as const, folder: samples },
    ...(own === undefined ? [] : [{ origin: 'own' as const, folder: own }]),
  ];
  const find = async (): Promise<Map<string, DataFile & { readonly file: string }>> => {
    const found = new Map<string, DataFile & { readonly file: string }>();
    for (const { origin, folder } of folders) {
      for (const file of await csvFiles(folder)) {
        const name = path
          .relative(folder, file)
          .split(path.sep)
          .join('/')
          .replace(/\.csv$/i, '');
        // A name that nobody could ask for is no name.
        if (NAME.test(name)) found.set(name, { name, origin, file });
      }
    }
    return found;
  };
  return {
    async list() {
      const files = [...(await find()).values()];
      return files.map(({ name, origin }) => ({ name, origin })).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async read(name, options) {
      const entry = (await find()).get(name);
      // Only names that a listing gave are opened, so no name can lead out of the folders.
      if (entry === undefined) throw new ParleyError('not_found', `There is no data file “${name}”.`);
      const { size } = await stat(entry.file);
      if (size > MAX_BYTES) {
        throw new ParleyError('invalid_request', `“${name}” is larger than ${MAX_BYTES / 1024 ** 2} MiB.`);
      }
      const table = await parseTable(decodeText(await readFile(entry.file)), name, options);
      return { ...table, name, origin: entry.origin };
    },
  };
}

/** The CSV files in a folder and below. Links that lead out of it are left out. */
async function csvFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const root = await realpath(folder).catch(absent);
  if (root === undefined) return files;
  const walk = async (at: string, depth: number): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const full = path.join(at, entry.name);
      if (files.length >= MAX_FILES) return;
      if (entry.isDirectory() && depth < MAX_DEPTH) await walk(full, depth + 1);
      if (!/\.csv$/i.test(entry.name)) continue;
      const real = await realpath(full).catch(absent);
      if (real?.startsWith(root + path.sep) === true && (await stat(real)).isFile()) files.push(full);
    }
  };
  await walk(folder, 1);
  return files;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

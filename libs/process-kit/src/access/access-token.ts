import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { searchSocketTables } from './socket-tables.ts';

const FILE = 'access-token';
const TOKEN = /^[\w-]{43}$/;

/** File of the token that gives access to a server without sign-in. */
export const accessTokenFile = (dataDir: string): string => path.join(dataDir, FILE);

/**
 * The access token of this data folder, made when it is missing, in a file for this account alone. All servers of one
 * folder have the same.
 * @throws the file system's error
 */
export async function openAccessToken(dataDir: string): Promise<string> {
  const file = accessTokenFile(dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const known = await readAccessToken(dataDir);
  const mode = await modeOf(file);
  if (known !== undefined && mode === 'private') return known;
  // Somebody else may have read it, or even chosen it.
  if (mode !== undefined) await rm(file);
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    // Another server was a moment faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  const made = await readAccessToken(dataDir);
  if (made === undefined) throw new Error(`${file} holds no access token`);
  return made;
}

/** The access token of this data folder; undefined where it is missing, or this account may not read it. */
export async function readAccessToken(dataDir: string): Promise<string | undefined> {
  try {
    const token = (await readFile(accessTokenFile(dataDir), 'utf8')).trim();
    return TOKEN.test(token) ? token : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whether it is a file for this account alone; undefined: it is missing. */
async function modeOf(file: string): Promise<'private' | 'open' | undefined> {
  try {
    const found = await lstat(file);
    // Windows has no such permissions; there the folder's count.
    if (process.platform === 'win32') return 'private';
    const isOwn = found.uid === process.geteuid?.() && (found.mode & 0o077) === 0;
    return found.isFile() && isOwn ? 'private' : 'open';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The row of a socket that listens. */
const LISTENS = '0A';

/**
 * The data folder's access token, for a process of this account that was given no other token for a server on loopback.
 * Undefined when another account listens on that port: it would get to know the token.
 * @param address `host:port`, or a URL
 * @returns undefined for a server that is elsewhere, or where there is no token
 */
export async function accessTokenFor(address: string, dataDir: string): Promise<string | undefined> {
  const url = new URL(address.includes('://') ? address : `http://${address}`);
  if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)) return undefined;
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (await isOthersPort(port)) return undefined;
  return readAccessToken(dataDir);
}

async function isOthersPort(port: number): Promise<boolean> {
  let isOthers = false;
  try {
    await searchSocketTables({
      isWanted: (localPort) => localPort === port,
      take: ({ state, uid }) => {
        isOthers = state === LISTENS && uid !== 0 && uid !== process.geteuid?.();
        return isOthers;
      },
    });
    return isOthers;
  } catch (error) {
    // No such tables, or not for this process: then nobody can tell.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

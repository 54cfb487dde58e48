import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where a socket listens. */
export interface PeerAddress {
  /** What `net` takes. */
  readonly path: string;
  /** What other processes are told: they may have mounted the data folder elsewhere. */
  readonly shared: string;
}

/** Room for a socket's path, with its final zero: 104 bytes in macOS, 108 in Linux. */
const MAX_PATH_BYTES = 103;

/** Where a bus may listen, best first. `key` is unique for the bus. */
export function addressesFor(dataDir: string, key: string): PeerAddress[] {
  const name = `${key.replaceAll('-', '').slice(-16)}.sock`;
  if (process.platform === 'win32') return [pipeAddress(name)];
  // The data folder first: containers that share it as a volume do not share their temporary folders.
  const candidates = [
    `data:${name}`,
    `path:${path.join(tmpdir(), `parley-${process.getuid?.() ?? 0}`, name)}`,
  ];
  return candidates.flatMap((shared) => {
    const address = resolveAddress(dataDir, shared);
    return address === undefined ? [] : [{ path: address, shared }];
  });
}

/** The path for `net`; undefined when it cannot be reached from here, or is no address. */
export function resolveAddress(dataDir: string, shared: string): string | undefined {
  const colon = shared.indexOf(':');
  const [kind, rest] = [shared.slice(0, colon), shared.slice(colon + 1)];
  if (kind === 'pipe') return `\\\\.\\pipe\\${rest}`;
  if (kind !== 'data' && kind !== 'path') return undefined;
  const file = kind === 'data' ? path.join(dataDir, 'sockets', path.basename(rest)) : rest;
  return Buffer.byteLength(file) <= MAX_PATH_BYTES ? file : undefined;
}

/**
 * Makes the folder, which only this user may enter.
 * @throws Error when another account has made it, or a link in its place: in the system's temporary folder anybody may
 */
export function prepareAddress(address: PeerAddress): void {
  if (address.shared.startsWith('pipe:')) return;
  const folder = path.dirname(address.path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.geteuid?.())
    throw new Error(`${folder} is not a folder of this account`);
  chmodSync(folder, 0o700);
}

/** A killed process leaves its socket's file behind. */
export function removeAddress(dataDir: string, shared: string): void {
  if (!shared.startsWith('data:') && !shared.startsWith('path:')) return;
  const file = resolveAddress(dataDir, shared);
  if (file?.endsWith('.sock')) rmSync(file, { force: true });
}

function pipeAddress(name: string): PeerAddress {
  const shared = `pipe:parley-${name}`;
  return { shared, path: resolveAddress('', shared) ?? '' };
}

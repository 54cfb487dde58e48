import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import os from 'node:os';

/** The two ends of a TCP connection, as one of them sees it: a `Socket` of Node.js has these fields. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** A row of Linux's tables of TCP sockets (proc_net_tcp(5)): the account that a socket belongs to. */
export interface SocketRow {
  /** Both ends, the socket's own one first, as the table writes them. */
  readonly ends: string;
  /** Two hexadecimal digits, e.g. `0A` for a socket that listens. */
  readonly state: string;
  readonly uid: number;
}

/**
 * The rows of the tables as they are now.
 * @param isWanted asked with `ends` of each row, since most of them are not needed
 * @throws the file system's error where the system has no such tables, or hides them
 */
export async function readSocketTables(isWanted: (ends: string) => boolean): Promise<SocketRow[]> {
  const texts = await Promise.all(TABLES.map(readTable));
  return texts.flatMap((text) => parseSocketTable(text, isWanted));
}

async function readTable(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    // A kernel without IPv6 has the first one only.
    if (file !== TABLES[0] && (error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** State, queues, timer and number of tries, account, time-out, inode. */
const AFTER_ENDS = /^ ([0-9A-F]{2})(?: \S+){3} +(\d+) +\d+ +(\d+) /;

/** A row whose inode is 0 belongs to no process any more, or to none yet: its account reads 0, which is not root. */
export function parseSocketTable(text: string, isWanted: (ends: string) => boolean): SocketRow[] {
  const rows: SocketRow[] = [];
  for (const line of text.split('\n')) {
    const start = line.indexOf(': ') + 2;
    const end = line.indexOf(' ', line.indexOf(' ', start) + 1);
    const ends = line.slice(start, end);
    if (start < 2 || !isWanted(ends)) continue;
    const [, state = '', uid, inode] = AFTER_ENDS.exec(line.slice(end)) ?? [];
    if (inode !== undefined && inode !== '0') rows.push({ ends, state, uid: Number(uid) });
  }
  return rows;
}

/**
 * How the tables write a connection, seen from the local end. IPv4 has two spellings: a socket of IPv6 that is connected
 * to an IPv4 address stands in the second table.
 */
export function endsInTables(ends: Required<Ends>): string[] {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = ends;
  const local = spellings(localAddress);
  const remote = spellings(remoteAddress);
  return local.map(
    (address, index) => `${address}:${hex(localPort, 4)} ${remote[index]}:${hex(remotePort, 4)}`,
  );
}

export const hex = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, '0');

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Each group of four bytes is written as a number of this machine's byte order. */
function spellings(address: string): string[] {
  const ipv4 = isIPv4(address) ? address : MAPPED.exec(address)?.[1];
  if (ipv4 !== undefined) {
    const word = wordOf(ipv4.split('.').map(Number));
    return [word, `${'0'.repeat(16)}${wordOf([0, 0, 0xff, 0xff])}${word}`];
  }
  const bytes = ipv6Bytes(address);
  return [[0, 4, 8, 12].map((at) => wordOf(bytes.slice(at, at + 4))).join('')];
}

function wordOf(bytes: readonly number[]): string {
  const ordered = os.endianness() === 'LE' ? bytes.toReversed() : bytes;
  return ordered.map((byte) => hex(byte, 2)).join('');
}

/** As Node.js writes an address that is not mapped: groups of hexadecimal digits, `::` at most once, perhaps `%` and an interface. */
function ipv6Bytes(address: string): number[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0);
  return [...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]);
}

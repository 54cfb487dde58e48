import { close, open, read } from 'node:fs';
import { isIPv4 } from 'node:net';
import os from 'node:os';
import { promisify } from 'node:util';

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

/** The rows to look for in the tables. */
export interface RowSearch {
  /** Whether a row with these ports, the socket's own one first, is worth making: most are not. */
  isWanted(localPort: number, remotePort: number): boolean;
  /** @returns true: nothing more is looked for */
  take(row: SocketRow): boolean;
}

/**
 * Reads the tables as they are now, until nothing more is looked for.
 * @throws the file system's error where the system has no such tables, or hides them
 */
export async function searchSocketTables(search: RowSearch): Promise<void> {
  const buffer = spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  spare = undefined;
  try {
    for (const file of TABLES) if (await searchTable(file, buffer, search)) return;
  } finally {
    spare = buffer;
  }
}

/** The system returns one page at a time, for a read of any size. */
const BUFFER_BYTES = 16_384;
/** The tables are read for every connection, and are long where there are thousands: the buffer is used again. */
let spare: Buffer | undefined;

const [openFile, closeFile] = [promisify(open), promisify(close)];

/**
 * @param buffer has room for a row at least; its content is overwritten
 * @returns whether nothing more is looked for
 */
export async function searchTable(file: string, buffer: Buffer, search: RowSearch): Promise<boolean> {
  let fd: number;
  try {
    fd = await openFile(file, 'r');
  } catch (error) {
    // A kernel without IPv6 has the first one only.
    if (file !== TABLES[0] && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    return await searchFile(fd, buffer, search);
  } finally {
    await closeFile(fd);
  }
}

/** With callbacks: a table of thousands of rows takes hundreds of reads, and a promise of each would be garbage too. */
function searchFile(fd: number, buffer: Buffer, search: RowSearch): Promise<boolean> {
  return new Promise((resolve, reject) => {
    /** Bytes at the beginning of the buffer, of a row whose rest has not come yet. */
    let kept = 0;
    const more = (): void => read(fd, buffer, kept, buffer.length - kept, null, onRead);
    const onRead = (error: Error | null, length: number): void => {
      if (error !== null) {
        reject(error);
        return;
      }
      const end = kept + length;
      const rest = searchRows(buffer, end, search);
      if (length === 0 || rest === 'enough') {
        resolve(rest === 'enough');
        return;
      }
      kept = buffer.copy(buffer, 0, rest, end);
      more();
    };
    more();
  });
}

const [NEWLINE, COLON, SPACE, ZERO, NINE, A] = [0x0a, 0x3a, 0x20, 0x30, 0x39, 0x41];
/** Digits of an address in the table of IPv4, and in that of IPv6. */
const ADDRESS_DIGITS = [8, 32];

/** State, queues, timer and number of tries, account, time-out, inode. */
const AFTER_ENDS = /^ ([0-9A-F]{2})(?: \S+){3} +(\d+) +\d+ +(\d+) /;

/**
 * Looks through the rows that are complete in so many bytes. One whose inode is 0 belongs to no process any more, or to none yet: its account reads
 * 0, which is not root, and it is left out.
 * @returns where the rest begins; `enough`: nothing more is looked for
 */
export function searchRows(bytes: Buffer, length: number, search: RowSearch): number | 'enough' {
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end === -1 || end >= length) return at;
    const row = wantedRow(bytes, at, end, search);
    if (row !== undefined && search.take(row)) return 'enough';
    at = end + 1;
  }
}

/** The row between the two, e.g. `   4: 0100007F:9C40 0100007F:1F90 01 …`, where it is one, and is wanted. */
function wantedRow(bytes: Buffer, at: number, end: number, search: RowSearch): SocketRow | undefined {
  let start = at;
  while (start < end && bytes[start] !== COLON) start += 1;
  start += 2;
  for (const digits of ADDRESS_DIGITS) {
    const afterLocal = start + digits;
    const afterRemote = afterLocal + 6 + digits;
    const endsEnd = afterRemote + 5;
    const isOne = bytes[afterLocal] === COLON && bytes[afterRemote] === COLON && bytes[endsEnd] === SPACE;
    if (endsEnd >= end || !isOne) continue;
    if (!search.isWanted(portAt(bytes, afterLocal + 1), portAt(bytes, afterRemote + 1))) return undefined;
    const [, state = '', uid, inode] = AFTER_ENDS.exec(bytes.toString('latin1', endsEnd, end)) ?? [];
    if (inode === undefined || inode === '0') return undefined;
    return { ends: bytes.toString('latin1', start, endsEnd), state, uid: Number(uid) };
  }
  return undefined;
}

function portAt(bytes: Buffer, at: number): number {
  let port = 0;
  for (let digit = at; digit < at + 4; digit++) {
    const byte = bytes[digit] ?? ZERO;
    port = port * 16 + (byte <= NINE ? byte - ZERO : byte - A + 10);
  }
  return port;
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

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Nearly all connections are from one address to itself. */
let lastSpelt: { readonly address: string; readonly spellings: readonly string[] } | undefined;

function spellings(address: string): readonly string[] {
  if (lastSpelt?.address !== address) lastSpelt = { address, spellings: spell(address) };
  return lastSpelt.spellings;
}

/** Each group of four bytes is written as a number of this machine's byte order. */
function spell(address: string): string[] {
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

import { readFileSync } from 'node:fs';
import { type Ends, endsInTables, type RowSearch, searchSocketTables } from './socket-tables.ts';

/**
 * Owner of the process at the other end of a connection. `own`: of this process's account, or of root, who can read this
 * process's memory and files anyway. `unknown`: the system does not tell, or the peer is on another machine or in another
 * network namespace.
 */
export type PeerAccount = 'own' | 'other' | 'unknown';

/** The number that Linux shows for an account without a number in this user namespace, by default. */
const OVERFLOW_UID = 65_534;

interface Waiting {
  readonly connection: Required<Ends>;
  readonly answer: (account: PeerAccount) => void;
}

/** Its peer's end was in the tables. */
interface Found extends Waiting {
  readonly uid: number;
}

/**
 * However many connections wait for an answer, one read of the tables at a time serves all of them. Each needs two: the second
 * one of those that came before is the first one of those that have come since.
 */
export function createLookUp(
  onUnreadable: (error: unknown) => void,
  read: (search: RowSearch) => Promise<void> = searchSocketTables,
): (connection: Required<Ends>) => Promise<PeerAccount> {
  let waiting: Waiting[] = [];
  let isReading = false;
  let hasWarned = false;

  const readForAll = async (): Promise<void> => {
    isReading = true;
    let found: Found[] = [];
    while (waiting.length + found.length > 0) {
      const [asked, before] = [waiting, found];
      [waiting, found] = [[], []];
      try {
        found = await readForBoth(asked, before, read);
      } catch (error) {
        // Only Linux has the tables; elsewhere the access token lets in.
        for (const { answer } of [...asked, ...before]) answer('unknown');
        if (!hasWarned && process.platform === 'linux') onUnreadable(error);
        hasWarned = true;
      }
    }
    isReading = false;
  };

  return ({ localAddress, localPort, remoteAddress, remotePort }) =>
    new Promise((answer) => {
      // A socket that is closed meanwhile forgets them.
      const connection = { localAddress, localPort, remoteAddress, remotePort };
      waiting.push({ connection, answer });
      if (!isReading) void readForAll();
    });
}

/**
 * Reads the tables once: for the peers of some connections, and for the own ends of those whose peers were found before. Where our own
 * end is still there now, the row that was found before is that of its peer, and not of another process that has connected
 * from the same port after this peer had reset the connection.
 * @returns those whose peers it found; the others have their answer
 * @throws the file system's error where there are no tables
 */
async function readForBoth(
  asked: readonly Waiting[],
  before: readonly Found[],
  read: (search: RowSearch) => Promise<void>,
): Promise<Found[]> {
  const search = createSearch();
  const peers = asked.map(({ connection }) => search.add(swapped(connection)));
  const own = before.map(({ connection }) => search.add(connection));
  await read(search);
  const judge = accountJudge();
  for (const [index, { uid, answer }] of before.entries())
    answer(own[index]?.uid === undefined ? 'unknown' : judge(uid));
  return asked.flatMap((each, index) => {
    const uid = peers[index]?.uid;
    if (uid !== undefined) return { ...each, uid };
    each.answer('unknown');
    return [];
  });
}

/** A search for the rows of the ends that are added; the result of `add` has the account of the row once it was found. */
function createSearch(): RowSearch & { add(ends: Required<Ends>): { readonly uid: number | undefined } } {
  /** By each spelling; those of one connection lead to the same. */
  const sought = new Map<string, { uid: number | undefined }>();
  const ports = new Set<number>();
  let missing = 0;
  return {
    add(ends) {
      const names = endsInTables(ends);
      const known = sought.get(names[0] ?? '');
      if (known !== undefined) return known;
      const one = { uid: undefined };
      missing += 1;
      for (const name of names) sought.set(name, one);
      ports.add(portsKey(ends.localPort, ends.remotePort));
      return one;
    },
    isWanted: (localPort, remotePort) => ports.has(portsKey(localPort, remotePort)),
    take({ ends, uid }) {
      const one = sought.get(ends);
      if (one === undefined || one.uid !== undefined) return false;
      one.uid = uid;
      missing -= 1;
      return missing === 0;
    },
  };
}

/** One number of 32 bits, which needs no memory of its own. */
const portsKey = (localPort = 0, remotePort = 0): number => (localPort << 16) | remotePort;

function swapped({ localAddress, localPort, remoteAddress, remotePort }: Required<Ends>): Required<Ends> {
  return {
    localAddress: remoteAddress,
    localPort: remotePort,
    remoteAddress: localAddress,
    remotePort: localPort,
  };
}

function accountJudge(): (uid: number) => PeerAccount {
  const own = process.geteuid?.();
  const overflow = overflowUid();
  return (uid) => {
    // In a user namespace all accounts from outside of it have this number, and so perhaps this process too.
    if (uid === overflow) return 'unknown';
    return uid === own || uid === 0 ? 'own' : 'other';
  };
}

/** The system has it at hand: there is no disk to wait for. */
export function overflowUid(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return OVERFLOW_UID;
    throw error;
  }
}

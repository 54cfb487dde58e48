import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { type Ends, endsInTables, readSocketTables } from './socket-tables.ts';

/**
 * Whose process is at the other end of a connection. `own`: of this process's account, or of root, who can read this
 * process's memory and files anyway. `unknown`: the system does not tell, or the peer is on another machine or in another
 * network namespace.
 */
export type PeerAccount = 'own' | 'other' | 'unknown';

/** The accounts behind the TCP connections that this process has accepted. */
export interface PeerAccounts {
  /** Never rejects. An answer other than `unknown` is remembered for as long as the connection is open, and no longer. */
  of(connection: Ends): Promise<PeerAccount>;
  stop(): void;
}

/** Every connection that a server in this process accepts, whatever library listens. */
const ACCEPTED = 'net.server.socket';
/** What an account looks like that has no number in this user namespace, unless the system was told otherwise. */
const OVERFLOW_UID = 65_534;

interface Accepted {
  readonly socket: Socket;
  account?: Promise<PeerAccount>;
}

/**
 * Begins to note the connections that are accepted from now on.
 * @param onUnreadable told once, where a Linux has tables of sockets and does not give them to this process
 */
export function watchPeers(onUnreadable: (error: unknown) => void): PeerAccounts {
  const open = new Map<string, Accepted>();
  const look = createLookUp(onUnreadable);

  const onAccepted = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    const key = keyOf(socket);
    // A pipe, or gone before it was accepted.
    if (key === undefined) return;
    // Two connections never have the same ends at a time: the older one was reset, though what it sent before may not
    // have been read yet. It must not be taken for the one that has its ends now.
    open.get(key)?.socket.destroy();
    const accepted: Accepted = { socket };
    open.set(key, accepted);
    socket.once('close', () => {
      if (open.get(key) === accepted) open.delete(key);
    });
  };
  subscribe(ACCEPTED, onAccepted);

  return {
    async of(connection) {
      const accepted = open.get(keyOf(connection) ?? '');
      if (accepted === undefined) return 'unknown';
      accepted.account ??= look(connection as Required<Ends>);
      const account = await accepted.account;
      if (account === 'unknown') delete accepted.account;
      return accepted.socket.destroyed ? 'unknown' : account;
    },
    stop() {
      unsubscribe(ACCEPTED, onAccepted);
      open.clear();
    },
  };
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): string | undefined {
  return remoteAddress === undefined || localAddress === undefined
    ? undefined
    : `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}

/** However many connections wait for an answer, one read of the tables at a time serves all of them. */
function createLookUp(
  onUnreadable: (error: unknown) => void,
): (connection: Required<Ends>) => Promise<PeerAccount> {
  interface Waiting {
    readonly connection: Required<Ends>;
    readonly answer: (account: PeerAccount) => void;
  }
  let waiting: Waiting[] = [];
  let isReading = false;
  let hasWarned = false;

  const readForAll = async (): Promise<void> => {
    isReading = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const connections = batch.map(({ connection }) => connection);
      const accounts = await readAccounts(connections).catch((error: unknown) => {
        // Only Linux has the tables; elsewhere the access token lets in.
        if (!hasWarned && process.platform === 'linux') onUnreadable(error);
        hasWarned = true;
        return [];
      });
      for (const [index, { answer }] of batch.entries()) answer(accounts[index] ?? 'unknown');
    }
    isReading = false;
  };

  return (connection) =>
    new Promise((answer) => {
      waiting.push({ connection, answer });
      if (!isReading) void readForAll();
    });
}

/** @throws the file system's error where there are no tables */
async function readAccounts(connections: readonly Required<Ends>[]): Promise<PeerAccount[]> {
  const judge = await accountJudge();
  const peers = connections.map((connection) => endsInTables(swapped(connection)));
  const own = connections.map(endsInTables);
  const [wantedPeers, wantedOwn] = [new Set(peers.flat()), new Set(own.flat())];
  const uids = new Map(
    (await readSocketTables((ends) => wantedPeers.has(ends))).map(({ ends, uid }) => [ends, uid]),
  );
  // Read after the peers: where our own end is still there now, the row that was found before is that of its peer, and
  // not of another process that has connected from the same port after this peer had reset the connection.
  const alive = new Set((await readSocketTables((ends) => wantedOwn.has(ends))).map(({ ends }) => ends));
  return connections.map((_connection, index) => {
    const uid = peers[index]?.map((ends) => uids.get(ends)).find((found) => found !== undefined);
    return uid === undefined || !own[index]?.some((ends) => alive.has(ends)) ? 'unknown' : judge(uid);
  });
}

function swapped({ localAddress, localPort, remoteAddress, remotePort }: Required<Ends>): Required<Ends> {
  return {
    localAddress: remoteAddress,
    localPort: remotePort,
    remoteAddress: localAddress,
    remotePort: localPort,
  };
}

async function accountJudge(): Promise<(uid: number) => PeerAccount> {
  const own = process.geteuid?.();
  const overflow = await overflowUid();
  return (uid) => {
    // In a user namespace all accounts from outside of it have this number, and so perhaps this process too.
    if (uid === overflow) return 'unknown';
    return uid === own || uid === 0 ? 'own' : 'other';
  };
}

async function overflowUid(): Promise<number> {
  try {
    return Number(await readFile('/proc/sys/kernel/overflowuid', 'latin1'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return OVERFLOW_UID;
    throw error;
  }
}

/** Whether `watchPeers` can tell this process's account from others here. */
export async function canTellAccounts(): Promise<boolean> {
  try {
    await readSocketTables(() => false);
    return process.geteuid?.() !== (await overflowUid());
  } catch {
    // No such tables, or not for this process.
    return false;
  }
}

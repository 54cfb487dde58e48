import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { createLookUp, overflowUid, type PeerAccount } from './look-up-account.ts';
import { type Ends, searchSocketTables } from './socket-tables.ts';

export type { PeerAccount } from './look-up-account.ts';

/** The accounts behind the TCP connections that this process has accepted. */
export interface PeerAccounts {
  /** Never rejects. An answer other than `unknown` is remembered for as long as the connection is open, and no longer. */
  of(connection: Ends): Promise<PeerAccount>;
  stop(): void;
}

/** Every connection that a server in this process accepts, with any library. */
const ACCEPTED = 'net.server.socket';

interface Accepted {
  readonly socket: Socket;
  account: PeerAccount | Promise<PeerAccount> | undefined;
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
    // Two connections never have the same ends at a time: the older one was reset, though data that it sent before may not
    // have been read yet. It must not be taken for the one that has its ends now.
    open.get(key)?.socket.destroy();
    const accepted: Accepted = { socket, account: undefined };
    open.set(key, accepted);
    socket.on('close', () => {
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
      accepted.account = account === 'unknown' ? undefined : account;
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

/** Whether `watchPeers` can tell this process's account from others here. */
export async function canTellAccounts(): Promise<boolean> {
  try {
    await searchSocketTables({ isWanted: () => false, take: () => false });
    return process.geteuid?.() !== overflowUid();
  } catch {
    // No such tables, or not for this process.
    return false;
  }
}

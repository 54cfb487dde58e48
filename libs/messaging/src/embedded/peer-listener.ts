import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { BusLogger } from '../bus-options.ts';
import { addressesFor, type PeerAddress, prepareAddress } from './peer-address.ts';

/** The socket at which other instances knock. */
export interface PeerListener {
  /** What others are told; null when no socket could be opened. */
  listen(): Promise<string | null>;
  close(): Promise<void>;
}

export function createPeerListener(parts: {
  dataDir: string;
  key: string;
  onConnection: (socket: Socket) => void;
  logger: BusLogger;
}): PeerListener {
  const { dataDir, key, onConnection, logger } = parts;
  let server: Server | undefined;

  async function listenAt(address: PeerAddress): Promise<Server> {
    prepareAddress(address);
    const candidate = createServer(onConnection);
    candidate.listen(address.path);
    await once(candidate, 'listening');
    candidate.on('error', (err) => logger.warn({ err }, 'the socket for other processes failed'));
    candidate.unref();
    return candidate;
  }

  return {
    async listen() {
      for (const address of addressesFor(dataDir, key)) {
        try {
          server = await listenAt(address);
          return address.shared;
        } catch (err) {
          logger.debug({ err, path: address.path }, 'cannot listen here');
        }
      }
      logger.warn(
        { dataDir },
        'no socket for other processes could be opened: they are heard once a second only',
      );
      return null;
    },
    async close() {
      if (server === undefined) return;
      const closing = once(server, 'close');
      server.close();
      server = undefined;
      await closing;
    },
  };
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy whose connections can be made half-open: still accepted and acknowledged, but nothing gets through. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were made through it so far. */
  readonly connections: number;
  /** Resolves with the next connection. */
  connected(): Promise<unknown>;
  /** Swallows everything on the connections there are, and on new ones. */
  silence(): void;
  /** New connections get through again; the silent ones stay silent. */
  restore(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  let connections = 0;
  const silenced = new WeakSet<Socket>();

  const forward = (from: Socket, to: Socket, client: Socket): void => {
    sockets.add(from);
    from.on('data', (data) => {
      if (!silenced.has(client)) to.write(data);
    });
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    // A reset connection is closed as well, which is all that a proxy needs to know.
    from.on('error', () => from.destroy());
  };
  const server = createServer((client) => {
    connections += 1;
    if (isSilent) silenced.add(client);
    const target = connect(targetPort, '127.0.0.1');
    forward(client, target, client);
    forward(target, client, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    connected: () => once(server, 'connection'),
    silence() {
      isSilent = true;
      for (const socket of sockets) silenced.add(socket);
    },
    restore() {
      isSilent = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

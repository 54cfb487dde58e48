import { once } from 'node:events';
import net from 'node:net';

/** Stands between a client and a server, for tests that cut the way between them. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts all connections and refuses new ones. */
  stop(): Promise<void>;
  /** Takes connections again, on the same port. */
  start(): Promise<void>;
  /** Lets nothing through, in either direction, on connections that stay open. */
  freeze(): void;
}

/** Makes a proxy that has not started yet. */
export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      // A cut connection shows as an error on the other side.
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  await stop();
  return {
    port,
    stop,
    start: async () => {
      await listen(port);
    },
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

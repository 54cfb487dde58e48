import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be broken at will. Listens on the loopback interface, on one port for its whole life. */
export interface TcpProxy {
  /** The target's URL with the proxy's address in it. */
  readonly url: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Breaks every connection; new ones are let through. */
  cut(): void;
  /** Breaks every connection and refuses new ones, as when the server is down. */
  refuse(): Promise<void>;
  /** Lets connections through again after `refuse()`. */
  accept(): Promise<void>;
  /** Keeps connections open and carries nothing, as when a cable is pulled. */
  stall(): void;
  /** Carries on what `stall()` held. */
  flow(): void;
  close(): Promise<void>;
}

/** @param url whose host and port it leads to; @param isOpen whether it lets connections through at first */
export async function startTcpProxy(url: string, isOpen = true): Promise<TcpProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isStalled = false;

  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isStalled) from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(port);

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const refuse = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  if (!isOpen) await refuse();

  return {
    url: own.href,
    get connections() {
      return sockets.size / 2;
    },
    cut,
    refuse,
    accept: async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    stall: () => {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    flow: () => {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    close: refuse,
  };
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const DONE = Promise.resolve();

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
  /** Keeps connections open and carries nothing, not even their end, as when a cable is pulled. */
  stall(): void;
  /** Passes on the data that `stall()` held. */
  flow(): void;
  /** Ends one direction of every connection: the server may still speak, the client's bytes come to an end. */
  halfClose(): void;
  /** Holds every piece back for this long, in milliseconds; 0 ends that. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** @param url whose host and port it leads to; @param isOpen whether it lets connections through at first */
export async function startTcpProxy(url: string, isOpen = true): Promise<TcpProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const farSockets = new Set<Socket>();
  let isStalled = false;
  /** Ends that a stall keeps from the other side. */
  const untold: (() => void)[] = [];
  let delayMs = 0;

  const tell = (end: () => void): void => {
    if (isStalled) untold.push(end);
    else end();
  };

  /** Pieces keep their order, each held back from its own arrival on. */
  const carry = (to: Socket, bytes: Buffer, line: { last: Promise<void> }): void => {
    if (delayMs === 0 && line.last === DONE) {
      to.write(bytes);
      return;
    }
    const due = performance.now() + delayMs;
    const piece = line.last.then(async () => {
      await sleep(Math.max(0, due - performance.now()));
      if (to.writable) to.write(bytes);
      if (line.last === piece) line.last = DONE;
    });
    line.last = piece;
  };

  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    farSockets.add(far);
    far.on('close', () => farSockets.delete(far));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      const line = { last: DONE };
      from.on('data', (bytes) => carry(to, bytes, line));
      from.on('end', () => tell(() => to.end()));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        tell(() => to.destroy());
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
      for (const end of untold.splice(0)) end();
    },
    halfClose: () => {
      for (const far of farSockets) far.end();
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close: refuse,
  };
}

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_240;
const given = new Set<number>();

/**
 * A port on loopback that nobody listens on now: for a process that must come back on the same port after it was
 * killed. Never one of those that the system gives to outgoing connections: while the process is down, such a
 * connection could take it.
 */
export async function freePort(): Promise<number> {
  const span = ephemeralStart() - LOWEST;
  for (let tries = 0; tries < 1000; tries++) {
    const port = LOWEST + Math.floor(Math.random() * span);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${LOWEST + span}`);
}

/** The first port that the system takes for outgoing connections. */
function ephemeralStart(): number {
  try {
    const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/);
    return Math.max(Number(first), LOWEST + 1000);
  } catch {
    // Without /proc: macOS and others begin at 49152.
    return 32_768;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

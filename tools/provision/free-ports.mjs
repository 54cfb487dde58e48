import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const lowestPort = 10_240;

/**
 * Daemons that are stopped and started again on the same port must not use the range from which the system takes
 * ports for outgoing connections: while the daemon is down, such a connection could take its port, and a client
 * that tries to reconnect could even end up connected to itself.
 */
function highestPort() {
  try {
    const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/);
    return Math.max(Number(first) - 1, lowestPort + 1000);
  } catch {
    return 32_767; // No /proc: macOS and others hand out 49152 and up.
  }
}

/**
 * @param {number} port
 * @returns {Promise<import('node:net').Server | undefined>} undefined when the port is taken
 */
function hold(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** @param {import('node:net').Server} server */
function portOf(server) {
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('the server does not listen on a port');
  return address.port;
}

/**
 * Ports on the loopback interface that nobody listens on just now.
 *
 * @param {number} count
 * @param {number[]} [preferred] tried first, in this order: `preferred[0]` for the first port, and so on
 * @returns {Promise<number[]>}
 */
export async function freePorts(count, preferred = []) {
  /** @type {import('node:net').Server[]} */
  const held = [];
  const span = highestPort() - lowestPort;
  try {
    for (let index = 0; index < count; index += 1) {
      const wished = preferred[index];
      let server = wished === undefined ? undefined : await hold(wished);
      for (let tries = 0; !server && tries < 1000; tries += 1) {
        server = await hold(lowestPort + Math.floor(Math.random() * span));
      }
      if (!server) throw new Error(`no free ports between ${lowestPort} and ${lowestPort + span}`);
      held.push(server);
    }
    return held.map(portOf);
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

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
 * @returns {Promise<import('node:net').Server>} rejects when this account cannot listen there now
 */
function hold(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** @param {number} port */
const holdIfFree = (port) => hold(port).catch(() => undefined);

/**
 * @typedef {object} Wishes
 * @property {readonly (number | undefined)[]} [required] those and no others
 * @property {readonly (number | undefined)[]} [preferred] taken when they are free
 */

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
 * @param {Wishes} [wishes] for the first port, the second, and so on
 * @returns {Promise<number[]>}
 * @throws {Error} which names the port, when one that is required cannot be had
 */
export async function freePorts(count, { required = [], preferred = [] } = {}) {
  /** @type {Map<number, import('node:net').Server>} */
  const held = new Map();
  const span = highestPort() - lowestPort;
  try {
    for (const [index, port] of required.entries()) {
      if (port !== undefined) held.set(index, await holdRequired(port));
    }
    for (let index = 0; index < count; index += 1) {
      if (held.has(index)) continue;
      const wished = preferred[index];
      let server = wished === undefined ? undefined : await holdIfFree(wished);
      for (let tries = 0; !server && tries < 1000; tries += 1) {
        server = await holdIfFree(lowestPort + Math.floor(Math.random() * span));
      }
      if (!server) throw new Error(`no free ports between ${lowestPort} and ${lowestPort + span}`);
      held.set(index, server);
    }
    return [...held].sort(([a], [b]) => a - b).map(([, server]) => portOf(server));
  } finally {
    await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** @param {number} port */
function holdRequired(port) {
  return hold(port).catch((error) => {
    const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used: ${error.message}`;
    throw new Error(`Port ${port} ${why}.`, { cause: error });
  });
}

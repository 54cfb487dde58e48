/**
 * Whether a process in a container is healthy, as an exit code:
 *
 *   healthcheck.mjs answers <url>         the URL answers with a status below 400
 *   healthcheck.mjs connected <port> …    there is a connection to each of these ports of other machines
 */
import { existsSync, readFileSync } from 'node:fs';

/** As /proc/net/tcp writes it. */
const established = '01';

/**
 * @returns {Set<number>} the ports at the other end of this container's connections
 */
function connectedPorts() {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync);
  const lines = tables.flatMap((table) => readFileSync(table, 'utf8').trim().split('\n').slice(1));
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const open = rows.filter(([, , , state]) => state === established);
  return new Set(open.map(([, , remote = '']) => Number.parseInt(remote.split(':')[1] ?? '', 16)));
}

/**
 * @param {string} what
 * @param {string[]} args
 * @returns {Promise<string | undefined>} the problem
 */
async function findFault(what, args) {
  if (what === 'answers' && args.length === 1) {
    const [url = ''] = args;
    const response = await fetch(url, { signal: AbortSignal.timeout(4000) });
    await response.arrayBuffer();
    return response.status < 400 ? undefined : `${url} answers ${response.status}`;
  }
  if (what === 'connected' && args.length > 0) {
    const ports = connectedPorts();
    const missing = args.filter((port) => !ports.has(Number(port)));
    return missing.length === 0 ? undefined : `no connection to port ${missing.join(', ')}`;
  }
  return 'usage: healthcheck.mjs answers <url> | connected <port> …';
}

const [what = '', ...args] = process.argv.slice(2);
const fault = await findFault(what, args).catch(
  (error) => `${args[0]}: ${error.cause?.message ?? error.message}`,
);
if (fault) {
  console.error(fault);
  process.exitCode = 1;
}

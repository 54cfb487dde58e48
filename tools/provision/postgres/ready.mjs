import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The start-up message of protocol 3.0 for this user and the database of the same name. */
function startupMessage(/** @type {string} */ user) {
  const text = Buffer.from(`user\0${user}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + text.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, text]);
}

/**
 * Whether the server takes connections: one that is still starting or recovering answers with an error.
 *
 * @param {string} databaseUrl
 * @returns {Promise<boolean>}
 */
function answers(databaseUrl) {
  const { hostname, port, username } = new URL(databaseUrl);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    /** @param {boolean} answer */
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (data) => settle(data[0] === 'R'.charCodeAt(0))); // Asks for, or accepts, our authentication.
    socket.once('connect', () => socket.write(startupMessage(username)));
  });
}

/**
 * @param {string} databaseUrl
 * @param {{ timeoutMs?: number, failed?: () => string | undefined }} [options] `failed`: asked between two tries; a
 *   string ends the waiting with that message
 * @throws {Error} when the server has failed or does not answer within `timeoutMs`, @default 60_000
 */
export async function waitUntilReady(databaseUrl, { timeoutMs = 60_000, failed } = {}) {
  const end = Date.now() + timeoutMs;
  while (!(await answers(databaseUrl))) {
    const failure = failed?.();
    if (failure) throw new Error(failure);
    if (Date.now() > end) throw new Error(`PostgreSQL did not answer within ${timeoutMs / 1000} s`);
    await delay(25);
  }
}

import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const protocolHeader = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/**
 * Whether an AMQP 0-9-1 broker answers the protocol header.
 *
 * @param {URL} url
 * @returns {Promise<boolean>}
 */
function answersAmqp(url) {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port || 5672) });
    /** @param {boolean} answer */
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (data) => settle(data[0] === 1)); // A method frame: Connection.Start.
    socket.once('connect', () => socket.write(protocolHeader));
  });
}

/**
 * A call of RabbitMQ's management API. Over a connection that ends with it: RabbitMQ waits for open ones, 5 s, when it
 * stops, and `fetch` would keep one.
 *
 * @param {string} managementUrl with user and password in it
 * @param {string} path such as `/api/overview`
 * @param {string} [method]
 * @returns {Promise<{ isOk: boolean, body: string }>}
 */
export function callManagement(managementUrl, path, method = 'GET') {
  const { hostname, port, username, password } = new URL(managementUrl);
  const auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, method, auth, agent: false, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ isOk: (response.statusCode ?? 500) < 300, body }));
    });
    call.once('timeout', () => call.destroy(new Error(`${path} gave no answer within 5 s`)));
    call.once('error', reject);
    call.end();
  });
}

/** @param {string} managementUrl */
async function answersManagement(managementUrl) {
  try {
    return (await callManagement(managementUrl, '/api/overview')).isOk;
  } catch {
    return false; // Not up yet: the time limit's message shows any other error.
  }
}

/**
 * Waits until both AMQP and the management API answer.
 *
 * @param {{ amqpUrl: string, managementUrl: string, timeoutMs?: number, failed?: () => string | undefined }} options
 *   `failed`: asked between two tries; a string ends the waiting with that message
 * @throws {Error} when the node has failed or does not answer within `timeoutMs`, @default 60_000
 */
export async function waitUntilReady({ amqpUrl, managementUrl, timeoutMs = 60_000, failed }) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if ((await answersAmqp(new URL(amqpUrl))) && (await answersManagement(managementUrl))) return;
    const failure = failed?.();
    if (failure) throw new Error(failure);
    if (Date.now() > end) throw new Error(`RabbitMQ did not answer within ${timeoutMs / 1000} s`);
    await delay(50);
  }
}

/**
 * Switches on the feature flags that a data folder of an older RabbitMQ lacks; new nodes have every flag on.
 *
 * @param {string} managementUrl
 */
export async function enableFeatureFlags(managementUrl) {
  const flags = JSON.parse((await callManagement(managementUrl, '/api/feature-flags')).body);
  for (const { name, state, stability } of flags) {
    if (state !== 'disabled' || stability === 'experimental') continue;
    const { isOk } = await callManagement(managementUrl, `/api/feature-flags/${name}/enable`, 'PUT');
    if (!isOk) throw new Error(`RabbitMQ refused to enable its feature flag ${name}`);
  }
}

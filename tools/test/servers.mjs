import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provisionChromium } from '../provision/chromium.mjs';
import { provisionForeignLanguages } from '../provision/foreign-languages.mjs';
import { provisionPostgres } from '../provision/postgres.mjs';
import { provisionRabbitMq } from '../provision/rabbitmq.mjs';

/** Servers that tests may need, by the variable that holds the address. */
const provisioners = {
  AMQP_URL: provisionRabbitMq,
  DATABASE_URL: provisionPostgres,
  CHROMIUM_PATH: provisionChromium,
  AGENT_PYTHON: provisionForeignLanguages,
};

/** @typedef {keyof typeof provisioners} ServerVariable */

/** The servers that all tests together need. */
export const allServers = /** @type {ServerVariable[]} */ (Object.keys(provisioners));

/** Where tests live, as opposed to the code that they test. */
const testCode = /\.test\.tsx?$|[\\/](testing|conformance|tests)[\\/].*\.ts$/;

/** How tests' code shows that it needs a server. */
const signs = {
  AMQP_URL: /\bRABBITMQ_MANAGEMENT_URL\b|@parley\/messaging\/testing/,
  DATABASE_URL: /\benv(\.|\[')DATABASE_URL\b/,
  CHROMIUM_PATH: /\benv(\.|\[')CHROMIUM_PATH\b/,
  AGENT_PYTHON: /\bAGENT_PYTHON\b/,
};

/**
 * @param {string} folder
 * @returns {ServerVariable[]} the servers that this folder's tests seem to need; rather one too many than one too few
 */
export function serversNamedIn(folder) {
  /** @type {Set<ServerVariable>} */
  const named = new Set();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const isInstalled = /[\\/](node_modules|dist)[\\/]/.test(path.slice(folder.length));
    if (!entry.isFile() || isInstalled || !testCode.test(path)) continue;
    const text = readFileSync(path, 'utf8');
    for (const [name, sign] of Object.entries(signs)) {
      if (sign.test(text)) named.add(/** @type {ServerVariable} */ (name));
    }
  }
  return [...named];
}

/**
 * Starts the wanted servers, at the same time.
 *
 * @param {ServerVariable[]} wanted
 * @param {(line: string) => void} log
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 * @throws {Error} the first failure, after everything else has been stopped
 */
export async function startServers(wanted, log) {
  const results = await Promise.allSettled(wanted.map((name) => provisioners[name]({ log })));
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return { env: Object.assign({}, ...started.map((server) => server.env)), stop };
}

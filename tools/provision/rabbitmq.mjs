import { canInstallPackages, installPackages } from './apt.mjs';
import { isDockerRunning } from './docker.mjs';
import { ProvisionError } from './provision-error.mjs';
import { startComposeNode } from './rabbitmq/compose-node.mjs';
import { controlNode } from './rabbitmq/controls.mjs';
import { findRabbitMqServer, startPrivateNode } from './rabbitmq/private-node.mjs';

const howToGet =
  'RabbitMQ is needed: set AMQP_URL to one, start docker, or install it (Debian and Ubuntu: sudo apt-get install rabbitmq-server; macOS: brew install rabbitmq).';

/**
 * @param {string} amqpUrl
 * @returns {string} where the management API of that node usually is
 */
function usualManagementUrl(amqpUrl) {
  const url = new URL(amqpUrl);
  const isTls = url.protocol === 'amqps:';
  const login = `${url.username || 'guest'}:${url.password || 'guest'}`;
  return `${isTls ? 'https' : 'http'}://${login}@${url.hostname}:${isTls ? 15671 : 15672}`;
}

/** @type {typeof import('./rabbitmq.d.mts').provisionRabbitMq} */
export async function provisionRabbitMq(options = {}) {
  const given = process.env.AMQP_URL;
  if (!given) return startRabbitMq(options);
  const RABBITMQ_MANAGEMENT_URL = process.env.RABBITMQ_MANAGEMENT_URL || usualManagementUrl(given);
  return { env: { AMQP_URL: given, RABBITMQ_MANAGEMENT_URL }, stop: async () => undefined };
}

/** @type {typeof import('./rabbitmq.d.mts').startRabbitMq} */
export async function startRabbitMq(options = {}) {
  const log = options.log ?? (() => undefined);
  let program = findRabbitMqServer();
  const isPrivatePreferred = program !== undefined && options.dataFolder !== undefined;
  if (!isPrivatePreferred && (await isDockerRunning()))
    return controlNode(await startComposeNode(log, options));
  if (!program && canInstallPackages()) {
    await installPackages(['rabbitmq-server'], log);
    program = findRabbitMqServer();
  }
  if (!program) throw new ProvisionError(howToGet);
  log(`starting a private RabbitMQ node with ${program}`);
  return controlNode(await startPrivateNode(program, options));
}

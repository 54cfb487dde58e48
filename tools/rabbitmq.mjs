/** `npm run rabbitmq`: a RabbitMQ for development, with its management UI, until Ctrl-C. */
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRabbitMq } from './provision/rabbitmq.mjs';
import { onStopSignal } from './stop-signals.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A given path stands relative to where the user stood, as in every process of Parley.
const start = process.env.INIT_CWD ?? process.cwd();
const dataDir = process.env.DATA_DIR ? resolve(start, process.env.DATA_DIR) : join(root, 'data');
const dataFolder = join(dataDir, 'rabbitmq');

const USAGE = `npm run rabbitmq: a RabbitMQ for development, with its management UI, until Ctrl-C.
(\`npm run rabbitmq -- --help\` prints this.) Settings, from the environment:

  RABBITMQ_PORT             for AMQP; by itself 5672, or another one where that is taken
  RABBITMQ_MANAGEMENT_PORT  for the management UI; by itself 15672, or another one
  DATA_DIR                  holds its data, in the folder rabbitmq; by itself ./data. In docker, where RabbitMQ is not
                            installed, the data goes when it is stopped`;

if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
  console.log(USAGE);
  process.exit(0);
}

/** @param {string} name @returns {number | undefined} */
function portFrom(name) {
  const given = process.env[name];
  if (!given) return undefined;
  const port = Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${name} is no port: ${given}`);
  return port;
}

/** @type {import('./provision/rabbitmq.d.mts').RabbitMqNode | undefined} */
let node;
let isStopping = false;

onStopSignal(async () => {
  // Before it is up, and at a second request: the started processes end with this one.
  if (!node || isStopping) process.exit(130);
  isStopping = true;
  console.log('Stopping RabbitMQ …');
  await node.stop();
  process.exit(0);
});

try {
  node = await startRabbitMq({
    dataFolder,
    ports: { amqp: portFrom('RABBITMQ_PORT'), management: portFrom('RABBITMQ_MANAGEMENT_PORT') },
    preferredPorts: { amqp: 5672, management: 15_672 },
    log: console.log,
    onUnexpectedEnd: (logEnd) => {
      console.error(`RabbitMQ ended by itself; the end of its log:\n${logEnd}`);
      process.exit(1);
    },
  });
  const ui = new URL(node.managementUrl);
  console.log(`
RabbitMQ is running. Ctrl-C stops it.

  for Parley     export AMQP_URL=${node.amqpUrl}
  management UI  ${ui.origin}/  user ${ui.username}, password ${ui.password}
  data           ${node.logFile ? relative(start, dataFolder) || dataFolder : 'in docker; it goes when RabbitMQ is stopped'}`);
  setInterval(() => undefined, 60_000); // The node is another process: something must keep this one from ending.
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

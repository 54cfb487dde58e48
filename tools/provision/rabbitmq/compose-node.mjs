import { startComposeProject } from '../compose-project.mjs';
import { freePorts } from '../free-ports.mjs';
import { waitUntilReady } from './ready.mjs';
import { wishesOf } from './settings.mjs';

/**
 * RabbitMQ as docker-compose.yml describes it, in a project of its own.
 *
 * @param {(line: string) => void} log
 * @param {import('../rabbitmq.d.mts').RabbitMqOptions} options
 * @returns {Promise<import('./controls.mjs').NodeBackend>}
 */
export async function startComposeNode(log, options) {
  const [amqp, management] = await freePorts(2, wishesOf(options));
  const project = startComposeProject({
    RABBITMQ_PORT: String(amqp),
    RABBITMQ_MANAGEMENT_PORT: String(management),
  });
  const amqpUrl = `amqp://parley:${project.password}@127.0.0.1:${amqp}`;
  const managementUrl = `http://parley:${project.password}@127.0.0.1:${management}`;
  log('starting RabbitMQ in docker');
  try {
    await project.run('up', '--detach', '--wait', 'rabbitmq');
    await waitUntilReady({ amqpUrl, managementUrl });
  } catch (error) {
    await project.end();
    throw error;
  }
  return {
    amqpUrl,
    managementUrl,
    async start() {
      await project.run('start', 'rabbitmq');
      await waitUntilReady({ amqpUrl, managementUrl });
    },
    kill: () => project.run('kill', '--signal', 'SIGKILL', 'rabbitmq'),
    terminate: () => project.run('stop', 'rabbitmq'),
    ctl: (args) => project.tryRun('exec', '--no-TTY', 'rabbitmq', 'rabbitmqctl', ...args),
    dispose: () => project.end(),
  };
}

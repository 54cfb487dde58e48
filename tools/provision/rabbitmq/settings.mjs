import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Ports all on the loopback interface
 * @property {number} amqp
 * @property {number} management
 * @property {number} distribution
 * @property {number} epmd
 */

/** @param {import('../rabbitmq.d.mts').RabbitMqOptions} options */
export const wishesOf = ({ ports, preferredPorts }) => ({
  required: [ports?.amqp, ports?.management],
  preferred: [preferredPorts?.amqp, preferredPorts?.management],
});

/** @param {Ports} ports */
const configuration = (ports) => `# Written anew at every start.
listeners.tcp.1 = 127.0.0.1:${ports.amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = ${ports.management}
loopback_users.guest = true

# The default, 512 MB, is reserved on the disk at every start.
raft.wal_max_size_bytes = 33554432

# Milliseconds until the management API shows a change.
collect_statistics_interval = 1000
log.file.level = info
`;

/** Settings of another RabbitMQ or Erlang on this machine must not reach ours. */
function inheritedEnvironment() {
  const foreign = /^(RABBITMQ_|ERL_|ELIXIR_|NOTIFY_SOCKET$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * Writes the node's configuration and gives the environment in which `rabbitmq-server`, `rabbitmqctl` and `epmd` see
 * this node and nothing else of the machine: no /etc/rabbitmq, no ~/.erlang.cookie, no default port.
 *
 * @param {{ dataFolder: string, nodeName: string, ports: Ports }} node
 * @returns {NodeJS.ProcessEnv}
 */
export function writeSettings({ dataFolder, nodeName, ports }) {
  const settings = join(dataFolder, 'settings');
  const home = join(dataFolder, 'home');
  for (const folder of [settings, home, join(dataFolder, 'log'), join(dataFolder, 'mnesia')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(settings, 'rabbitmq.conf'), configuration(ports));
  writeFileSync(join(settings, 'rabbitmq-env.conf'), '');
  writeFileSync(join(settings, 'advanced.config'), '[].\n');
  writeFileSync(join(settings, 'enabled_plugins'), '[rabbitmq_management].\n');
  const loopbackOnly = '-kernel inet_dist_use_interface {127,0,0,1}';
  return {
    LANG: 'C.UTF-8',
    ...inheritedEnvironment(),
    HOME: home,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_BASE: dataFolder,
    RABBITMQ_CONF_ENV_FILE: join(settings, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(settings, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(settings, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(settings, 'enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(settings, 'generated'),
    RABBITMQ_SCHEMA_DIR: join(settings, 'schema'),
    RABBITMQ_MNESIA_BASE: join(dataFolder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dataFolder, 'log'),
    RABBITMQ_LOGS: logFileOf(dataFolder),
    RABBITMQ_PID_FILE: join(dataFolder, 'node.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopbackOnly,
    RABBITMQ_CTL_ERL_ARGS: loopbackOnly,
    RABBITMQ_CTL_DIST_PORT_MIN: '0',
    RABBITMQ_CTL_DIST_PORT_MAX: '0',
    // Several nodes share these cores: none may bind its schedulers to them.
    RABBITMQ_SCHEDULER_BIND_TYPE: 'u',
    // Makes the start script become the Erlang VM, so that the child's process id is the VM's and SIGTERM reaches it.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** @param {string} dataFolder */
export function logFileOf(dataFolder) {
  return join(dataFolder, 'log', 'rabbitmq.log');
}

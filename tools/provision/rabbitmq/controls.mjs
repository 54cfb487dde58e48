/**
 * @typedef {object} NodeBackend a node that can be started and stopped, in any environment
 * @property {string} amqpUrl
 * @property {string} managementUrl
 * @property {string} [logFile]
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} kill as a power failure would
 * @property {() => Promise<void>} terminate in good order
 * @property {(args: string[]) => Promise<{ code: number, output: string }>} ctl `rabbitmqctl`
 * @property {() => Promise<void>} dispose ends it for good and removes its files
 */

/**
 * The controls of a node that tests may use.
 *
 * @param {NodeBackend} backend
 * @returns {import('../rabbitmq.d.mts').RabbitMqNode}
 */
export function controlNode(backend) {
  /** @param {string[]} args */
  const ctl = async (...args) => {
    const { code, output } = await backend.ctl(args);
    if (code !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} failed:\n${output.trim()}`);
    return output;
  };
  return {
    amqpUrl: backend.amqpUrl,
    managementUrl: backend.managementUrl,
    logFile: backend.logFile,
    env: { AMQP_URL: backend.amqpUrl, RABBITMQ_MANAGEMENT_URL: backend.managementUrl },
    stop: () => backend.dispose(),
    async restart() {
      await backend.terminate();
      await backend.start();
    },
    stopNode: () => backend.kill(),
    startNode: () => backend.start(),
    async setMemoryAlarm(isOn) {
      await ctl('set_vm_memory_high_watermark', isOn ? '0' : '0.4');
    },
    async closeAllConnections() {
      await ctl('close_all_connections', 'closed by a test');
    },
    ctl,
  };
}

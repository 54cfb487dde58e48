/**
 * @typedef {object} ServerBackend a server that can be started and stopped, in any environment
 * @property {string} databaseUrl
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} kill as a power failure would
 * @property {() => Promise<void>} terminate in good order
 * @property {() => Promise<void>} dispose ends it for good and removes its files
 */

/**
 * The controls of a server that tests may use.
 *
 * @param {ServerBackend} backend
 * @returns {import('../postgres.d.mts').PostgresServer}
 */
export function controlServer(backend) {
  return {
    databaseUrl: backend.databaseUrl,
    env: { DATABASE_URL: backend.databaseUrl },
    stop: () => backend.dispose(),
    async restart() {
      await backend.terminate();
      await backend.start();
    },
    stopServer: () => backend.kill(),
    startServer: () => backend.start(),
  };
}

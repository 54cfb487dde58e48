import { startComposeProject } from '../compose-project.mjs';
import { freePorts } from '../free-ports.mjs';
import { waitUntilReady } from './ready.mjs';

/**
 * PostgreSQL as docker-compose.yml describes it, in a project of its own.
 *
 * @param {(line: string) => void} log
 * @returns {Promise<import('./controls.mjs').ServerBackend>}
 */
export async function startComposeServer(log) {
  const [port] = await freePorts(1);
  const project = startComposeProject({ POSTGRES_PORT: String(port) });
  const databaseUrl = `postgresql://parley:${project.password}@127.0.0.1:${port}/parley`;
  log('starting PostgreSQL in docker');
  try {
    await project.run('up', '--detach', '--wait', 'postgres');
    await waitUntilReady(databaseUrl);
  } catch (error) {
    await project.end();
    throw error;
  }
  return {
    databaseUrl,
    async start() {
      await project.run('start', 'postgres');
      await waitUntilReady(databaseUrl);
    },
    kill: () => project.run('kill', '--signal', 'SIGKILL', 'postgres'),
    terminate: () => project.run('stop', 'postgres'),
    dispose: () => project.end(),
  };
}

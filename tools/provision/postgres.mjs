import { canInstallPackages, installPackages } from './apt.mjs';
import { isDockerRunning } from './docker.mjs';
import { startComposeServer } from './postgres/compose-server.mjs';
import { controlServer } from './postgres/controls.mjs';
import { findPostgres, startPrivateCluster } from './postgres/private-cluster.mjs';
import { ProvisionError } from './provision-error.mjs';

const howToGet =
  'PostgreSQL is needed: set DATABASE_URL to one, start docker, or install it (Debian and Ubuntu: sudo apt-get install postgresql; macOS: brew install postgresql).';

/** @type {typeof import('./postgres.d.mts').provisionPostgres} */
export async function provisionPostgres(options = {}) {
  const given = process.env.DATABASE_URL;
  if (!given) return startPostgres(options);
  return { env: { DATABASE_URL: given }, stop: async () => undefined };
}

/** @type {typeof import('./postgres.d.mts').startPostgres} */
export async function startPostgres({ log = () => undefined } = {}) {
  if (await isDockerRunning()) return controlServer(await startComposeServer(log));
  let programs = findPostgres();
  if (!programs && canInstallPackages()) {
    await installPackages(['postgresql'], log);
    programs = findPostgres();
  }
  if (!programs) throw new ProvisionError(howToGet);
  log(`starting a private PostgreSQL cluster with ${programs.postgres}`);
  return controlServer(await startPrivateCluster(programs));
}

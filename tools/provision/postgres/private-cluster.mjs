import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endDaemon, hasEnded, startDaemon } from '../daemon.mjs';
import { findExecutable } from '../find-executable.mjs';
import { freePorts } from '../free-ports.mjs';
import { startGuardian } from '../guardian.mjs';
import { runCommand } from '../run-command.mjs';
import { waitUntilReady } from './ready.mjs';

/** Where packages put the server's programs, which most leave off the PATH; `*` stands for the version. */
const versionedFolders = [
  { parent: '/usr/lib/postgresql', child: /^(\d+)$/ },
  { parent: '/usr', child: /^pgsql-(\d+)$/ },
  { parent: '/opt/homebrew/opt', child: /^postgresql@(\d+)$/ },
];

function programFolders() {
  return versionedFolders.flatMap(({ parent, child }) => {
    if (!existsSync(parent)) return [];
    const names = readdirSync(parent).filter((name) => child.test(name));
    const version = (/** @type {string} */ name) => Number(child.exec(name)?.[1]);
    return names.sort((a, b) => version(b) - version(a)).map((name) => join(parent, name, 'bin'));
  });
}

/** @returns {{ initdb: string, postgres: string } | undefined} */
export function findPostgres() {
  const initdb = findExecutable(['initdb'], { folders: programFolders() });
  const postgres = initdb && findExecutable(['postgres'], { folders: [dirname(initdb)] });
  return postgres ? { initdb, postgres } : undefined;
}

/**
 * PostgreSQL refuses to run as root.
 *
 * @returns {Promise<{ uid?: number, gid?: number }>} the account to run it as
 */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = await runCommand('id', ['-u', name]);
    const gid = await runCommand('id', ['-g', name]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as');
}

/**
 * Starts a PostgreSQL server that shares nothing with any other on this machine, its data in a temporary folder.
 *
 * @param {{ initdb: string, postgres: string }} programs
 * @returns {Promise<import('./controls.mjs').ServerBackend>}
 * @throws {Error} with the server's output when it does not come up
 */
export async function startPrivateCluster(programs) {
  const user = await unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), 'parley-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const guardian = startGuardian([folder]);
  try {
    const data = join(folder, 'data');
    const env = { ...withoutPostgresSettings(), HOME: folder };
    // Trust is bearable here: the server listens on the loopback interface only, and holds tests' data.
    const init = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-A', 'trust', '--no-sync'];
    const { code, output } = await runCommand(programs.initdb, init, { ...user, env, cwd: folder });
    if (code !== 0) throw new Error(`initdb failed:\n${output}`);
    const [port = 0] = await freePorts(1);
    const server = privateCluster({ program: programs.postgres, folder, data, port, env, user, guardian });
    await server.start();
    return server;
  } catch (error) {
    await guardian.end();
    throw error;
  }
}

function withoutPostgresSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

/**
 * @param {{ program: string, folder: string, data: string, port: number, env: NodeJS.ProcessEnv,
 *   user: { uid?: number, gid?: number }, guardian: import('../guardian.mjs').Guardian }} options
 * @returns {import('./controls.mjs').ServerBackend}
 */
function privateCluster({ program, folder, data, port, env, user, guardian }) {
  const databaseUrl = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const outputFile = join(folder, 'postgres.log');
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'max_connections=200'];
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const launch = async () => {
    const started = startDaemon(program, args, { env, cwd: folder, outputFile, guardian, ...user });
    child = started;
    const failed = () =>
      hasEnded(started) ? `PostgreSQL ended while starting:\n${readFileSync(outputFile, 'utf8')}` : undefined;
    await waitUntilReady(databaseUrl, { failed });
  };
  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    const ending = child;
    child = undefined;
    if (ending) await endDaemon(ending, signal);
  };
  return {
    databaseUrl,
    async start() {
      if (child) throw new Error('this PostgreSQL server is running already');
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await launch();
        } catch (error) {
          child = undefined;
          // After a kill the server's children live on until they notice; for so long it refuses to start.
          const isTooEarly =
            error instanceof Error && /still in use|is another (server|postmaster)/.test(error.message);
          if (!isTooEarly || attempt > 50) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGINT'), // "Fast" shutdown: does not wait for clients to leave.
    async dispose() {
      await end('SIGINT');
      await guardian.end();
    },
  };
}

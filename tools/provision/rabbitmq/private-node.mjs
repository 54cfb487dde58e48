import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endDaemon, hasEnded, startDaemon } from '../daemon.mjs';
import { findExecutable } from '../find-executable.mjs';
import { lockFolder } from '../folder-lock.mjs';
import { freePorts } from '../free-ports.mjs';
import { startGuardian } from '../guardian.mjs';
import { runCommand } from '../run-command.mjs';
import { enableFeatureFlags, waitUntilReady } from './ready.mjs';
import { logFileOf, wishesOf, writeSettings } from './settings.mjs';

/**
 * Debian's `/usr/sbin/rabbitmq-server` is a wrapper that switches to the user `rabbitmq` and refuses any user other
 * than that one and root; the program itself lies in the first of these folders.
 */
const programFolders = ['/usr/lib/rabbitmq/bin', '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];

/** @returns {string | undefined} the path of `rabbitmq-server` */
export function findRabbitMqServer() {
  return findExecutable(['rabbitmq-server'], { folders: programFolders });
}

/** @param {NodeJS.ProcessEnv} env */
function findEpmd(env) {
  const erl = findExecutable(['erl'], { env });
  const folders = erl ? [dirname(realpathSync(erl)), dirname(erl)] : [];
  return findExecutable(['epmd'], { folders, env });
}

/**
 * Starts a RabbitMQ node that shares nothing with any other on this machine.
 *
 * @param {string} program path of `rabbitmq-server`
 * @param {import('../rabbitmq.d.mts').RabbitMqOptions} [options]
 * @returns {Promise<import('./controls.mjs').NodeBackend>}
 * @throws {Error} with the end of the node's log when it does not come up
 */
export async function startPrivateNode(program, options = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryPrivateNode(program, options);
    } catch (error) {
      // Someone took a port between our choice and the node's start.
      const isPortTaken = error instanceof Error && /eaddrinuse|address already in use/i.test(error.message);
      if (!isPortTaken || attempt === 3) throw error;
    }
  }
}

/**
 * @param {string} program
 * @param {import('../rabbitmq.d.mts').RabbitMqOptions} options
 */
async function tryPrivateNode(program, { dataFolder, onUnexpectedEnd, ...wishes }) {
  const folder = dataFolder ?? mkdtempSync(join(tmpdir(), 'parley-rabbitmq-'));
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  const guardian = startGuardian(dataFolder ? [] : [folder]);
  try {
    const [amqp = 0, management = 0, distribution = 0, epmd = 0] = await freePorts(4, wishesOf(wishes));
    const ports = { amqp, management, distribution, epmd };
    // Queues belong to a node name: a kept data folder must keep its name.
    const nodeName = `parley${dataFolder ? '' : `-${randomBytes(4).toString('hex')}`}@localhost`;
    const env = writeSettings({ dataFolder: folder, nodeName, ports });
    const isKept = dataFolder !== undefined;
    const node = privateNode({ program, folder, isKept, env, ports, guardian, unlock, onUnexpectedEnd });
    await startEpmd({ env, folder, guardian });
    await node.start();
    return node;
  } catch (error) {
    await guardian.end();
    unlock();
    throw error;
  }
}

/**
 * Without a running epmd the node would start one that serves every Erlang program of this machine and stays.
 *
 * @param {{ env: NodeJS.ProcessEnv, folder: string, guardian: import('../guardian.mjs').Guardian }} options
 */
async function startEpmd({ env, folder, guardian }) {
  const program = findEpmd(env);
  if (!program) throw new Error('RabbitMQ is installed, but the epmd of its Erlang was not found');
  const args = ['-address', '127.0.0.1', '-port', String(env.ERL_EPMD_PORT)];
  startDaemon(program, args, { env, cwd: folder, outputFile: join(folder, 'log', 'epmd.out'), guardian });
  for (let attempt = 0; ; attempt += 1) {
    const { code, output } = await runCommand(program, ['-port', String(env.ERL_EPMD_PORT), '-names'], {
      env,
    });
    if (code === 0) return;
    if (attempt > 100) throw new Error(`epmd did not start: ${output.trim()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * @param {{ program: string, folder: string, isKept: boolean, env: NodeJS.ProcessEnv,
 *   ports: import('./settings.mjs').Ports, guardian: import('../guardian.mjs').Guardian, unlock: () => void,
 *   onUnexpectedEnd: ((logEnd: string) => void) | undefined }} options
 * @returns {import('./controls.mjs').NodeBackend}
 */
function privateNode({ program, folder, isKept, env, ports, guardian, unlock, onUnexpectedEnd }) {
  const amqpUrl = `amqp://guest:guest@127.0.0.1:${ports.amqp}`;
  const managementUrl = `http://guest:guest@127.0.0.1:${ports.management}`;
  const outputFile = join(folder, 'log', 'node.out');
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const logEnd = () => {
    const files = [outputFile, logFileOf(folder)].filter(existsSync);
    return files
      .map((file) => readFileSync(file, 'utf8').trim().split('\n').slice(-15).join('\n'))
      .join('\n');
  };
  /** @param {'SIGTERM' | 'SIGKILL'} signal */
  const end = async (signal) => {
    const ending = child;
    child = undefined;
    if (ending) await endDaemon(ending, signal);
  };
  return {
    amqpUrl,
    managementUrl,
    logFile: logFileOf(folder),
    async start() {
      if (child) throw new Error('this RabbitMQ node is running already');
      const started = startDaemon(program, [], { env, cwd: folder, outputFile, guardian });
      child = started;
      const failed = () =>
        hasEnded(started) ? `RabbitMQ ended while starting; its output was:\n${logEnd()}` : undefined;
      let isUp = false;
      started.once('exit', () => {
        if (child !== started || !isUp) return;
        child = undefined;
        onUnexpectedEnd?.(logEnd());
      });
      try {
        await waitUntilReady({ amqpUrl, managementUrl, failed });
        await enableFeatureFlags(managementUrl);
        isUp = true;
      } catch (error) {
        await end('SIGKILL');
        throw error;
      }
    },
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    ctl: (args) => runCommand(join(dirname(program), 'rabbitmqctl'), args, { env, timeoutMs: 60_000 }),
    async dispose() {
      await end(isKept ? 'SIGTERM' : 'SIGKILL');
      await guardian.end();
      unlock();
    },
  };
}

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Services of docker-compose.yml under a project name of their own, so that a developer's running stack is left
 * alone. They are taken down even if this process is killed.
 *
 * @param {NodeJS.ProcessEnv} settings values for the `${...}` in docker-compose.yml
 */
export function startComposeProject(settings) {
  const files = ['docker-compose.yml', 'docker-compose.ports.yml'].flatMap((file) => ['--file', file]);
  const prefix = ['compose', ...files, '--project-name', `parley-test-${randomBytes(4).toString('hex')}`];
  const password = randomBytes(24).toString('hex');
  const secrets = ['RABBITMQ_PASSWORD', 'POSTGRES_PASSWORD', 'JOIN_TOKEN', 'ACCESS_TOKEN'];
  const env = { ...process.env, ...Object.fromEntries(secrets.map((name) => [name, password])), ...settings };
  const down = ['docker', ...prefix, 'down', '--volumes', '--timeout', '5'];
  const guardian = spawn('sh', ['-c', 'cat >/dev/null; exec "$@"', 'parley-guardian', ...down], {
    detached: true,
    cwd: root,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const guardianExited = new Promise((resolve) => guardian.once('exit', resolve));
  guardian.unref();
  if ('unref' in guardian.stdin && typeof guardian.stdin.unref === 'function') guardian.stdin.unref();

  /** @param {string[]} args */
  const tryRun = (...args) => runCommand('docker', [...prefix, ...args], { cwd: root, env });
  return {
    /** Of the user parley, at RabbitMQ and PostgreSQL. */
    password,
    tryRun,
    /**
     * @param {string[]} args of `docker compose`
     * @throws {Error} with the output when it fails
     */
    async run(...args) {
      const { code, output } = await tryRun(...args);
      if (code !== 0) throw new Error(`docker compose ${args.join(' ')} failed:\n${output.trim()}`);
    },
    /** Takes the services and their volumes down. */
    async end() {
      guardian.ref();
      guardian.stdin.end();
      await guardianExited;
    },
  };
}

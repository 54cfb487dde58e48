/** The work of `nx test <project>`, under the project's own Node.js. */
import { join } from 'node:path';
import { ensureWebBuilt } from '../web-build.mjs';
import { interruption } from './interruption.mjs';
import { runJest } from './run-jest.mjs';
import { serversNamedIn, startServers } from './servers.mjs';

const root = process.cwd();
const signal = interruption();
const [folder = '', ...args] = process.argv.slice(2);

const wanted = serversNamedIn(join(root, folder));
if (wanted.includes('CHROMIUM_PATH')) await ensureWebBuilt(root);
const servers = await startServers(wanted, console.log);
try {
  const paths = [`${join(root, folder)}/`];
  const counts = await runJest({
    root,
    args: ['--passWithNoTests', ...args, ...paths],
    env: { ...process.env, ...servers.env },
    signal,
  });
  if (counts.trouble) console.error(counts.trouble);
  process.exitCode = counts.failed > 0 ? 1 : 0;
} finally {
  await servers.stop();
}
if (signal.aborted) process.exitCode = 130;

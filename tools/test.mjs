/** `npm test`: every test there is, from a fresh clone too. Arguments go to jest: `npm test -- libs/messaging`. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { platformEnvironment, platformNode } from './platform-node.mjs';
import { runInForeground } from './run-in-foreground.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await ensureInstalled(root);
  const run = join(root, 'tools', 'test', 'run.mjs');
  process.exitCode = await runInForeground(platformNode(root), [run, ...process.argv.slice(2)], {
    cwd: root,
    env: platformEnvironment(root),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}

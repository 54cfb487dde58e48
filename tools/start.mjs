/** `npm start`: everything in one process, from a fresh clone too. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { platformEnvironment, platformNode } from './platform-node.mjs';
import { runInForeground } from './run-in-foreground.mjs';
import { ensureWebBuilt } from './web-build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await ensureInstalled(root);
  await ensureWebBuilt(root);
  const main = join(root, 'apps', 'standalone', 'src', 'main.ts');
  process.exitCode = await runInForeground(platformNode(root), [main, ...process.argv.slice(2)], {
    env: platformEnvironment(root),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

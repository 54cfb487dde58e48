/** `nx test <project>`: the tests of the package in whose folder it is called. Arguments go to jest. */
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { platformEnvironment, platformNode } from './platform-node.mjs';
import { runInForeground } from './run-in-foreground.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await ensureInstalled(root);
  const run = fileURLToPath(new URL('./test/run-package.mjs', import.meta.url));
  const folder = relative(root, process.cwd());
  process.exitCode = await runInForeground(platformNode(root), [run, folder, ...process.argv.slice(2)], {
    cwd: root,
    env: platformEnvironment(root),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

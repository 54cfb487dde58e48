import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './compose-file.ts';
import { readStages } from './dockerfile.ts';

const run = promisify(execFile);

/** What `docker build` would send: what git knows, without what .dockerignore leaves out. */
async function contextFiles(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const patterns = (await readFile(path.join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const isLeftOut = (file: string): boolean =>
    patterns.reduce((leftOut, pattern) => {
      const isException = pattern.startsWith('!');
      const fits = ancestors(file).some((each) => path.matchesGlob(each, pattern.replace('!', '')));
      return fits ? !isException : leftOut;
    }, false);
  return stdout.split('\n').filter((file) => file !== '' && !isLeftOut(file));
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`: a pattern that fits a folder leaves out all that is in it. */
function ancestors(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** The packages that the Dockerfile's last `npm ci` would install, by their folders in node_modules. */
async function productionPackages(): Promise<string[]> {
  const install = readStages()
    .flatMap((stage) => stage.instructions)
    .find(({ text }) => /^npm ci .*--omit=dev/.test(text));
  const args = install?.text.split(' ').slice(2) ?? [];
  const { stdout } = await run('npm', ['ls', '--all', '--parseable', ...args], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const folders = stdout.split('\n').map((line) => path.relative(root, line));
  return folders.filter((folder) => folder.startsWith('node_modules/') && !/\/node_modules\//.test(folder));
}

/**
 * Lays out in `folder` what the image has under /app, as far as the processes can see it: the copied sources, and of
 * node_modules only what is installed for production.
 */
export async function layOutImage(folder: string): Promise<void> {
  for (const file of await contextFiles()) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await cp(path.join(root, file), target);
  }
  for (const installed of await productionPackages()) {
    const target = path.join(folder, installed);
    await mkdir(path.dirname(target), { recursive: true });
    await cp(path.join(root, installed), target, { recursive: true, verbatimSymlinks: true });
  }
  await symlink(path.join(root, 'apps/web/dist'), path.join(folder, 'apps/web/dist'));
}

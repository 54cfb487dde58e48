import { execFile } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
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
  const patterns = readFileSync(path.join(root, '.dockerignore'), 'utf8')
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
  // What lies inside another package comes with that one.
  return folders.filter((folder) => folder.split('/').filter((part) => part === 'node_modules').length === 1);
}

/** Never loaded: left out to have less to do. */
const isIdle = /\.(map|md|markdown|flow|d\.[cm]?ts|tsbuildinfo)$/;

/** A second name for the file where the file system can do that, else a copy. */
function place(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

function placeFolder(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [path.join(source, entry.name), path.join(target, entry.name)];
    if (entry.isDirectory()) placeFolder(from, to);
    else if (!isIdle.test(entry.name)) place(from, to);
  }
}

/**
 * Lays out in `folder` what the image has under /app, as far as the processes can see it: the copied sources, and of
 * node_modules only what is installed for production.
 */
export async function layOutImage(folder: string): Promise<void> {
  for (const file of await contextFiles()) {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(path.join(root, file), target);
  }
  for (const installed of await productionPackages()) {
    const [source, target] = [path.join(root, installed), path.join(folder, installed)];
    mkdirSync(path.dirname(target), { recursive: true });
    // Our own packages are links into the sources.
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else placeFolder(source, target);
  }
  symlinkSync(path.join(root, 'apps/web/dist'), path.join(folder, 'apps/web/dist'));
}

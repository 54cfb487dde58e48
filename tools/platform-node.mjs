import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const lowestMajor = 24;

/**
 * The Node.js that runs Parley: the one of the npm package `node`, else the one that runs us if it is new enough.
 *
 * @param {string} root
 * @returns {string} its path
 * @throws {Error} when it is missing
 */
export function platformNode(root) {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const packaged = join(root, 'node_modules', 'node', 'bin', file);
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= lowestMajor) return process.execPath;
  throw new Error(
    `Parley needs Node.js ${lowestMajor}, this is ${process.versions.node}, and the npm package "node" that would bring it has no program for this machine: run "npm rebuild node", or install Node.js ${lowestMajor}.`,
  );
}

/**
 * The environment in which `node` and the installed tools are the project's own, and what Node.js has compiled once
 * is kept: that halves the processor time in which a process of ours starts.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function platformEnvironment(root, env = process.env) {
  return {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile'),
    ...env,
    PATH: [join(root, 'node_modules', '.bin'), env.PATH ?? ''].join(delimiter),
  };
}

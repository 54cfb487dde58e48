/**
 * Adds to package-lock.json the optional packages of other platforms that `npm install` left out
 * (https://github.com/npm/cli/issues/4828): `npm ci` refuses a lock file without them, on every platform.
 *
 * An added entry has no integrity hash, since nothing was downloaded.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** @param {string[]} words of a package's name */
function libcOf(words) {
  if (words.some((word) => word.startsWith('musl'))) return ['musl'];
  return words.some((word) => word.startsWith('gnu')) ? ['glibc'] : undefined;
}

/**
 * @param {string} name such as `@swc/core-linux-x64-musl`
 * @throws {Error} when the name does not say which machines the package is for
 */
function machineOf(name) {
  const words = name.split(/[-/]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!os || !cpu) throw new Error(`${name}: for which machines is it? Add it by hand.`);
  return { os: [os], cpu: [cpu], libc: os === 'linux' ? libcOf(words) : undefined };
}

const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const [path, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (place in lock.packages || `${path}/${place}` in lock.packages) continue;
    if (!/^\d+\.\d+\.\d+/.test(version))
      throw new Error(`${name}@${version}: no exact version. Add it by hand.`);
    const { os, cpu, libc } = machineOf(name);
    lock.packages[place] = {
      version,
      cpu,
      ...(parent.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      license: parent.license,
      optional: true,
      os,
      ...(parent.engines ? { engines: parent.engines } : {}),
    };
    added += 1;
  }
}
if (added > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`${added} packages added to package-lock.json`);

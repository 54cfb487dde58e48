import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '../..');
const Dependencies = z.record(z.string(), z.string()).default({});
const PackageFile = z.object({
  name: z.string(),
  dependencies: Dependencies,
  devDependencies: Dependencies,
});
const packageIn = (folder: string) =>
  PackageFile.parse(JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')));

/** What does not run in a process: tests and builds need packages of all, or of their own for development. */
const isTestCode = (file: string): boolean =>
  /\.(test|config)\.tsx?$|(^|\/)(testing|conformance|tests)\//.test(file);

const IMPORT =
  /^(?:import|export)\b[^;'"]*?from\s+'([^'.#][^']*)'|^import\s+'([^'.#][^']*)'|\bimport\(\s*'([^'.#][^']*)'/gm;

const packageOf = (specifier: string): string =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !/\/(node_modules|dist|templates?)\//.test(file));
}

const folders = [
  ...['apps', 'libs'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`),
  ),
  'tests',
].filter((folder) => existsSync(path.join(root, folder, 'package.json')));

it.each(folders)('%s declares every package that its sources import', (folder) => {
  const own = packageIn(folder);
  const ofAll = Object.keys(packageIn('.').devDependencies);
  const needed = Object.keys(own.dependencies);
  const forTests = [...needed, ...Object.keys(own.devDependencies), ...ofAll];
  const missing = sourcesIn(folder).flatMap((file) => {
    const types = forTests.filter((name) => name.startsWith('@types/'));
    const declared = new Set([own.name, ...(isTestCode(file) ? forTests : [...needed, ...types])]);
    // An import inside a text is an example.
    const source = readFileSync(path.join(root, file), 'utf8').replaceAll(/`(?:\\.|[^`\\])*`/gs, '``');
    return [...source.matchAll(IMPORT)]
      .map(([, from, bare, dynamic]) => packageOf(from ?? bare ?? dynamic ?? ''))
      .filter((name) => !isBuiltin(name) && !declared.has(name) && !declared.has(`@types/${name}`))
      .map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});

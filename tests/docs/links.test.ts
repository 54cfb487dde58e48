import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');

it('leads from no document to a file that is not there', async () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    ...(await readdir(path.join(root, 'docs'), { recursive: true }))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const lost = documents.flatMap((document) => {
    const links = readFileSync(path.join(root, document), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g);
    return [...links]
      .map(([, target = '']) => target)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => !existsSync(path.resolve(root, path.dirname(document), target)))
      .map((target) => `${document}: ${target}`);
  });
  expect(documents.length).toBeGreaterThan(10);
  expect(lost).toEqual([]);
});

it('names no file as proof of a promise that is not there', () => {
  const security = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
  const named = [...security.matchAll(/`((?:apps|libs|tests)\/[\w./-]+)`/g)].map(([, file = '']) => file);
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

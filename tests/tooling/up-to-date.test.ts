import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { root } from './tool-process.ts';

const tool = async (name: string): Promise<unknown> => import(path.join(root, 'tools', name));
const { isInstalled } = (await tool('install.mjs')) as { isInstalled(folder: string): boolean };
const { isWebBuilt } = (await tool('web-build.mjs')) as { isWebBuilt(folder: string): boolean };

describe('npm start', () => {
  let folder: string;
  /** @param age in seconds */
  const write = async (file: string, age: number, content: unknown = ''): Promise<void> => {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, JSON.stringify(content));
    const at = Date.now() / 1000 - age;
    await utimes(target, at, at);
    for (let above = path.dirname(target); above !== folder; above = path.dirname(above))
      await utimes(above, 0, 0);
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-tooling-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe('dependencies', () => {
    const locked = {
      packages: {
        '': {},
        'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
        'node_modules/for-another-platform': { version: '1.0.0', optional: true },
      },
    };
    const installed = { packages: { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' } } };
    const outdated = { packages: { 'node_modules/zod': { version: '3.0.0', integrity: 'sha512-b' } } };

    it.each([
      { what: 'installs what was never installed', record: undefined, recordAge: 0, expected: false },
      {
        what: 'leaves alone what was installed after the last change of the lock file',
        record: installed,
        recordAge: 5,
        expected: true,
      },
      {
        what: 'leaves alone what a newer lock file asks for just the same',
        record: installed,
        recordAge: 20,
        expected: true,
      },
      {
        what: 'installs when a newer lock file asks for another version',
        record: outdated,
        recordAge: 20,
        expected: false,
      },
      {
        what: 'installs when a newer lock file names a new package',
        record: { packages: {} },
        recordAge: 20,
        expected: false,
      },
    ])('$what', async ({ record, recordAge, expected }) => {
      await write('package-lock.json', 10, locked);
      if (record !== undefined) await write('node_modules/.package-lock.json', recordAge, record);
      expect(isInstalled(folder)).toBe(expected);
    });
  });

  describe('web app', () => {
    beforeEach(async () => {
      await write('apps/web/src/features/chat.tsx', 20);
      await write('libs/client/src/client.ts', 20);
    });

    it('builds what was never built', () => {
      expect(isWebBuilt(folder)).toBe(false);
    });

    it('leaves alone what is newer than its sources', async () => {
      await write('apps/web/dist/index.html', 10);
      expect(isWebBuilt(folder)).toBe(true);
    });

    it.each(['apps/web/src/features/chat.tsx', 'libs/client/src/client.ts', 'apps/web/index.html'])(
      'builds when %s is newer',
      async (source) => {
        await write('apps/web/dist/index.html', 10);
        await write(source, 5);
        expect(isWebBuilt(folder)).toBe(false);
      },
    );

    it('builds when a source was deleted', async () => {
      await write('apps/web/dist/index.html', 10);
      await rm(path.join(folder, 'apps/web/src/features/chat.tsx'));
      expect(isWebBuilt(folder)).toBe(false);
    });
  });
});

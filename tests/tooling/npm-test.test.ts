import { cp, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, runTool, type ToolRun } from './tool-process.ts';

const suites = {
  'passing.test.mjs': "test('passes', () => {}); test('passes too', () => {});",
  'failing.test.mjs': "test('fails', () => { throw new Error('as it should'); });",
  'unloadable.test.mjs': "import './nothing-there.mjs'; test('never runs', () => {});",
};

describe('npm test', () => {
  let folder: string;
  const npmTest = (...args: string[]): Promise<ToolRun> => {
    const given = { AMQP_URL: 'amqp://given', DATABASE_URL: 'postgres://given', CHROMIUM_PATH: '/given' };
    return runTool(['tools/test.mjs', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...given },
    });
  };
  const lastLine = ({ stdout }: ToolRun): string | undefined => stdout.trim().split('\n').at(-1);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-tooling-'));
    await cp(path.join(root, 'tools'), path.join(folder, 'tools'), { recursive: true });
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const scripts = { typecheck: 'node --eval 0', lint: 'node --eval "process.exit(1)"' };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'tried', scripts }));
    await writeFile(path.join(folder, 'package-lock.json'), '{}');
    await utimes(path.join(folder, 'package-lock.json'), 0, 0);
    const jest = { testMatch: ['<rootDir>/suites/*.test.mjs'], transform: {} };
    await writeFile(path.join(folder, 'jest.config.json'), JSON.stringify(jest));
    for (const built of ['apps/web/dist', 'suites'])
      await mkdir(path.join(folder, built), { recursive: true });
    await writeFile(path.join(folder, 'apps/web/dist/index.html'), '');
    for (const [name, text] of Object.entries(suites)) {
      await writeFile(path.join(folder, 'suites', name), text);
    }
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('counts every test, the type check, the lint, and a suite that cannot be loaded', async () => {
    const run = await npmTest();
    expect(lastLine(run)).toBe('3 passed, 3 failed');
    expect(run.code).toBe(1);
  });

  it('hands its arguments to jest', async () => {
    const run = await npmTest('suites/passing');
    expect(lastLine(run)).toBe('3 passed, 1 failed');
    expect(run.code).toBe(1);
  });

  it('fails when no test ran at all', async () => {
    const run = await npmTest('suites/nothing', '--passWithNoTests');
    expect(lastLine(run)).toBe('1 passed, 1 failed');
    expect(run.code).toBe(1);
  });
});

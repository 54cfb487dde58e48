import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

describe('npm run new:agent', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-new-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  // As npm starts it: in the repository, with where the user stands in the environment.
  const newAgent = (...name: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, ['tools/new-agent/main.ts', ...name], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', INIT_CWD: folder },
    });
  const printed = (output: string, what: string): string =>
    new RegExp(`${what}.*?:\\s+(.*)`).exec(output)?.[1] ?? '';

  it('writes an agent whose test passes with the printed command, and whose types are right', async () => {
    const { stdout } = await newAgent("Bob's", 'Büro');
    const files = await readdir(path.join(folder, 'agents'));
    expect(files.toSorted()).toEqual(['bob-s-buro.test.ts', 'bob-s-buro.ts', 'tsconfig.json']);
    const command = printed(stdout, 'test it');
    expect(command).toContain('test:agent -- agents/bob-s-buro.test.ts');
    const test = await run('sh', ['-c', command], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', INIT_CWD: undefined, NODE_TEST_CONTEXT: undefined },
    });
    expect(test.stdout).toMatch(/pass 3\n/);
    const tsc = path.join(root, 'node_modules/.bin/tsc');
    const checked = await run(tsc, ['--noEmit', '-p', 'agents/tsconfig.json'], { cwd: folder }).catch(
      ({ stdout: problems }: { stdout: string }) => ({ stdout: problems }),
    );
    expect(checked.stdout).toBe('');
    expect(await readFile(path.join(folder, 'agents/bob-s-buro.ts'), 'utf8')).toContain('@parley/agent-kit');
  }, 240_000);

  it('writes a test that can fail', async () => {
    const { stdout } = await newAgent('Dice');
    const file = path.join(folder, 'agents/dice.ts');
    await writeFile(file, (await readFile(file, 'utf8')).replace('before + 1', 'before + 2'));
    await expect(
      run('sh', ['-c', printed(stdout, 'test it')], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', INIT_CWD: undefined, NODE_TEST_CONTEXT: undefined },
      }),
    ).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/fail 3\n/) });
  }, 240_000);

  it('does not write over what is there', async () => {
    await newAgent('Dice');
    const file = path.join(folder, 'agents/dice.ts');
    await writeFile(file, 'mine');
    await rm(path.join(folder, 'agents/dice.test.ts'));
    await expect(newAgent('dice')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('agents/dice.ts is there already'),
    });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await readdir(path.join(folder, 'agents'))).not.toContain('dice.test.ts');
  });

  it.each([
    ['no name', [], 2, 'npm run new:agent'],
    ['a name that is too long', ['x'.repeat(65)], 1, '1 to 64 characters'],
  ])('says what is wrong with %s', async (_, name, code, message) => {
    await expect(newAgent(...name)).rejects.toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });
});

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runProgram } from '../testing/test-program.ts';

describe('a data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function warnings(): Promise<string[]> {
    const { ended } = runProgram(`
      import { createLogger, warnOfOpenFolder } from '@parley/process-kit';
      await warnOfOpenFolder(${JSON.stringify(folder)}, createLogger('server', 'info'));
    `);
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.split('\n').filter((line) => line !== '');
  }

  it.each([0o755, 0o710, 0o702])('that others may get at is named in one warning (mode %d)', async (mode) => {
    await chmod(folder, mode);
    const lines = await warnings();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(folder);
    expect(lines[0]).toContain('chmod -R go=');
  });

  it('of one’s own, or that is not there, needs no word', async () => {
    expect(await warnings()).toEqual([]);
    await rm(folder, { recursive: true });
    expect(await warnings()).toEqual([]);
  });
});

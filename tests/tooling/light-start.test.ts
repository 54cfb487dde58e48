import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PRELOADED = path.join(import.meta.dirname, 'list-packages.mjs');

/** Each takes a part of a second of processor time, which a process that does not need it must not spend. */
describe('a process loads only what it needs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-loaded-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function packagesOf(...args: string[]): Promise<string[]> {
    const file = path.join(folder, 'loaded.json');
    await promisify(execFile)(process.execPath, ['--import', PRELOADED, ...args], {
      cwd: ROOT,
      env: { ...process.env, LOADED_FILE: file },
    });
    return JSON.parse(await readFile(file, 'utf8')) as string[];
  }

  it('the command line: no gRPC, no logger, nothing that signs', async () => {
    const loaded = await packagesOf('apps/cli/src/main.ts', '--help');
    expect(loaded).toEqual(expect.arrayContaining(['apps/cli', 'libs/client', 'zod']));
    for (const heavy of ['@grpc/grpc-js', 'libs/control-plane', 'pino', 'jose'])
      expect(loaded).not.toContain(heavy);
  });

  it('an agent: not what other agents work with, nor the AI SDK without a model', async () => {
    const loaded = await packagesOf(
      '--input-type=module',
      '--eval',
      "const { shippedAgents } = await import('./libs/agents/src/index.ts'); await shippedAgents.echo.create({});",
    );
    expect(loaded).toEqual(expect.arrayContaining(['libs/agents', 'libs/agent-kit']));
    for (const heavy of ['ai', 'libs/command-execution', 'undici', 'mathjs', 'nodemailer', 'minisearch'])
      expect(loaded).not.toContain(heavy);
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

describe('docs/agents.md', () => {
  let folder: string;
  let guide: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-guide-'));
    guide = await readFile(path.join(root, 'docs/agents.md'), 'utf8');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The first block of code after these words. */
  const codeAfter = (words: string): string =>
    /```ts\n([\s\S]*?)```/.exec(guide.slice(guide.indexOf(words)))?.[1] ?? '';

  it('has a first agent that passes the test that the guide writes for it', async () => {
    await writeFile(path.join(folder, 'petty-cash.ts'), codeAfter('# Writing an agent'));
    await writeFile(path.join(folder, 'petty-cash.test.ts'), codeAfter('## Testing'));
    const { stdout } = await run(process.execPath, ['tools/test-agent.ts', 'petty-cash.test.ts'], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', INIT_CWD: folder },
    });
    expect(stdout).toMatch(/pass 1\n/);
  }, 60_000);

  it('has a first agent of about twenty lines', () => {
    expect(codeAfter('# Writing an agent').split('\n').length).toBeLessThanOrEqual(22);
  });

  it('names every member of the context and every field of the definition', async () => {
    const source = await readFile(path.join(root, 'libs/agent-kit/src/agent-definition.ts'), 'utf8');
    const members = [...source.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name ?? '');
    expect(members).toContain('onMessage');
    expect(members.filter((name) => !guide.includes(name))).toEqual([]);
  });
});

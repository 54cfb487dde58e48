import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { root } from './compose-file.ts';
import { readStages } from './dockerfile.ts';

const stages = readStages();
const PackageFile = z.object({
  name: z.string(),
  scripts: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const readPackage = (folder: string) =>
  PackageFile.parse(JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')));

describe('Dockerfile', () => {
  it('builds on the Node.js that the tests run on', () => {
    const [, major] = /(\d+)/.exec(readPackage('.').devDependencies.node ?? '') ?? [];
    const bases = stages
      .map((stage) => stage.base)
      .filter((base) => !stages.some(({ name }) => name === base));
    expect(bases).toEqual([expect.stringMatching(`^node:${major}\\.[\\d.]+-bookworm-slim@`)]);
    expect(process.versions.node.split('.')[0]).toBe(major);
  });

  it('runs nothing but steps that "npm start" and "npm test" take too', () => {
    const commands = stages.flatMap((stage) => stage.instructions.filter(({ name }) => name === 'RUN'));
    expect(commands).not.toHaveLength(0);
    for (const { text } of commands) {
      const [, workspace, script] = /^npm run (?:(\S+) -w @parley\/(\S+))$/.exec(text)?.map(String) ?? [];
      if (workspace === undefined || script === undefined) expect(text).toMatch(/^(npm ci( |$)|mkdir )/);
      else expect(readPackage(`apps/${script}`).scripts).toHaveProperty(workspace);
    }
  });

  it('installs workspaces that there are', () => {
    const names = stages
      .flatMap((stage) => stage.instructions)
      .flatMap(({ text }) => [...text.matchAll(/-w @parley\/(\S+)/g)].map((match) => match[1] ?? ''));
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(readPackage(`apps/${name}`).name).toBe(`@parley/${name}`);
  });

  it('lets the processes run without root, who owns their code', () => {
    const last = stages.at(-1)?.instructions ?? [];
    expect(last.filter(({ name }) => name === 'USER').at(-1)?.text).toBe('node');
    for (const { flags } of last.filter(({ name }) => name === 'COPY')) {
      expect(flags.filter((flag) => flag.startsWith('--chown'))).toEqual([]);
    }
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { root } from './compose-file.ts';

const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

describe('package-lock.json', () => {
  it('holds the optional packages of every platform, or "npm ci" refuses it', () => {
    const { packages } = LockFile.parse(
      JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')),
    );
    const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${folder}/node_modules/${name}` in packages),
      ),
    );
    // "node tools/complete-lockfile.mjs" adds them.
    expect(missing).toEqual([]);
  });
});

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadPolicy, type Policy } from '../src/policy/load-policy.ts';

/** A folder with a policy's file, programs and places that commands may and may not see. */
export interface PolicyFixture {
  readonly folder: string;
  load(policy: object): Promise<Policy>;
  /** Makes a file and its folder; a script with `mode` 0o755. Returns its path. */
  write(name: string, content: string, mode?: number): Promise<string>;
  link(target: string, name: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makePolicyFixture(): Promise<PolicyFixture> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-policy-'));
  // Commands may run as another user.
  await chmod(folder, 0o755);
  const fixture: PolicyFixture = {
    folder,
    async load(policy) {
      return loadPolicy(await fixture.write('policy.json', JSON.stringify(policy)));
    },
    async write(name, content, mode = 0o644) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      await chmod(file, mode);
      return file;
    },
    async link(target, name) {
      await symlink(target, path.join(folder, name));
      return path.join(folder, name);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  return fixture;
}

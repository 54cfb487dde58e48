import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accessTokenFile, accessTokenFor, openAccessToken, readAccessToken } from './access-token.ts';

describe('the access token', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-access-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, in a file for this account alone', async () => {
    const token = await openAccessToken(folder);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await openAccessToken(folder)).toBe(token);
    expect((await stat(accessTokenFile(folder))).mode & 0o777).toBe(0o600);
    expect(await readAccessToken(folder)).toBe(token);
  });

  it('is the same for servers that start at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => openAccessToken(folder)));
    expect(new Set(tokens).size).toBe(1);
    expect(await readdir(folder)).toEqual(['access-token']);
  });

  it('is made anew where others could read it, or where somebody put a link', async () => {
    const first = await openAccessToken(folder);
    await chmod(accessTokenFile(folder), 0o644);
    const second = await openAccessToken(folder);
    expect(second).not.toBe(first);
    const elsewhere = path.join(folder, 'elsewhere');
    await writeFile(elsewhere, `${first}\n`, { mode: 0o600 });
    await rm(accessTokenFile(folder));
    await symlink(elsewhere, accessTokenFile(folder));
    expect(await openAccessToken(folder)).not.toBe(first);
    expect(await readFile(elsewhere, 'utf8')).toBe(`${first}\n`);
  });

  it('is made anew where the file holds something else', async () => {
    await writeFile(accessTokenFile(folder), 'short\n', { mode: 0o600 });
    expect(await readAccessToken(folder)).toBeUndefined();
    expect(await openAccessToken(folder)).toMatch(/^[\w-]{43}$/);
  });

  it('is for servers of this machine only, and not there before one has started', async () => {
    expect(await accessTokenFor('127.0.0.1:1', folder)).toBeUndefined();
    const token = await openAccessToken(folder);
    for (const address of ['127.0.0.1:1', 'localhost:1', '[::1]:1', 'http://127.0.0.1:1', 'http://localhost'])
      expect(await accessTokenFor(address, folder)).toBe(token);
    for (const address of ['parley.example:1', 'http://10.0.0.1:1', 'http://127.0.0.1.evil.example'])
      expect(await accessTokenFor(address, folder)).toBeUndefined();
  });
});

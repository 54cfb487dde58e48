import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDataFolder } from './data-folder.ts';

let folder: string;
let own: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-data-'));
  own = path.join(folder, 'research');
  await mkdir(path.join(own, 'prices'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the data folder', () => {
  it('has the samples where the operator has put nothing', async () => {
    const data = createDataFolder({ own: path.join(folder, 'nowhere') });
    expect(await data.list()).toContainEqual({ name: 'prices/TSLA', origin: 'sample' });
    const table = await data.read('prices/TSLA');
    expect(table.columns).toEqual(['date', 'open', 'high', 'low', 'close', 'volume']);
    expect(table.rows).toHaveLength(133);
  });

  it('has the files of the operator, which hide samples of the same name, as soon as they are there', async () => {
    const data = createDataFolder({ own });
    await writeFile(path.join(own, 'prices/TSLA.csv'), 'date;close\n2026-01-31;1.5\n');
    await writeFile(path.join(own, 'Sales 2026.csv'), 'day,sum\n1,2\n');
    expect(await data.read('prices/TSLA')).toMatchObject({
      origin: 'own',
      rows: [{ date: '2026-01-31', close: '1.5' }],
    });
    expect((await data.list()).filter(({ origin }) => origin === 'own')).toHaveLength(2);
    expect((await data.read('Sales 2026')).rows).toEqual([{ day: '1', sum: '2' }]);
  });

  it('reads nothing outside of its folders', async () => {
    await writeFile(path.join(folder, 'secret.csv'), 'a\n1\n');
    await symlink(path.join(folder, 'secret.csv'), path.join(own, 'link.csv'));
    await symlink(folder, path.join(own, 'up'));
    const data = createDataFolder({ own });
    const names = ['../secret', 'link', 'up/secret', path.join(folder, 'secret'), 'prices/../../secret', ''];
    for (const name of names) {
      await expect(data.read(name)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('reads the encodings of other programs: UTF-16, and the code page of western Europe', async () => {
    const data = createDataFolder({ own });
    const text = 'Größe;Wert\nüber;1\n';
    await writeFile(path.join(own, 'wide.csv'), Buffer.from(`\uFEFF${text}`, 'utf16le'));
    await writeFile(path.join(own, 'old.csv'), Buffer.from(text, 'latin1'));
    for (const name of ['wide', 'old'])
      expect((await data.read(name)).rows).toEqual([{ Größe: 'über', Wert: '1' }]);
  });

  it('refuses a file that would not fit into memory, and lets the process go on meanwhile', async () => {
    const data = createDataFolder({ own });
    const files = {
      rows: ['a\n'.repeat(1_000_000), 'more than 200000 rows'],
      cell: ['a'.repeat(2_000_000), 'Max Record Size'],
      quote: [`a\n"${'x\n'.repeat(500_000)}`, 'Max Record Size'],
      picture: ['\x89PNG\r\n\x1a\n\0\0\0', 'it is not text'],
    } as const;
    for (const [name, [content, reason]] of Object.entries(files)) {
      await writeFile(path.join(own, `${name}.csv`), content);
      await expect(data.read(name, { isLenient: true })).rejects.toThrow(reason);
    }
    await writeFile(path.join(own, 'lines.csv'), `a\n1${'\n'.repeat(1_000_000)}`);
    let turns = 0;
    let isReading = true;
    const count = (): void => {
      turns += 1;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    expect((await data.read('lines')).rows).toHaveLength(1);
    isReading = false;
    expect(turns).toBeGreaterThan(50);
  });

  it('says what is wrong with a file that is no table', async () => {
    const data = createDataFolder({ own });
    await writeFile(path.join(own, 'broken.csv'), 'a,b\n1,2,3\n');
    await writeFile(path.join(own, 'twice.csv'), 'a,a\n1,2\n');
    await expect(data.read('broken')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(data.read('twice')).rejects.toThrow('a column name stands there twice');
  });
});

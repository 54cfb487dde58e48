import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endsInTables, type SocketRow, searchTable } from './socket-tables.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const REST = '00000000:00000000 00:00000000 00000000';
const row = (ends: string, state: string, uid: number, inode: number, at = 4): string =>
  `${String(at).padStart(4)}: ${ends} ${state} ${REST} ${String(uid).padStart(5)}        0 ${inode} 1 00000000ae 20 4 30 10 -1`;
/** As a machine with the byte order of nearly all machines writes them. */
const IPV4 = '0100007F:9C40 0100007F:1F90';
const MAPPED = '0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:1F90';
const IPV6 = '00000000000000000000000001000000:9C40 00000000000000000000000001000000:1F90';

/** The ports of all of them. */
const PORTS = [0x9c40, 0x1f90];

describe('a table of sockets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-tables-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  interface Looked {
    readonly rows: readonly SocketRow[];
    readonly hasEnough: boolean;
  }
  /** The matches in this text: rows of one pair of ports. */
  async function find(
    text: string,
    { bufferBytes = 4096, wanted = Number.POSITIVE_INFINITY }: { bufferBytes?: number; wanted?: number } = {},
  ): Promise<Looked> {
    const file = path.join(folder, 'tcp');
    await writeFile(file, text, 'latin1');
    const rows: SocketRow[] = [];
    // The row of an earlier read is still in it.
    const buffer = Buffer.alloc(bufferBytes, `${row(IPV4, '01', 0, 1)}\n`);
    const hasEnough = await searchTable(file, buffer, {
      isWanted: (local, remote) => local === PORTS[0] && remote === PORTS[1],
      take: (found) => rows.push(found) >= wanted,
    });
    return { rows, hasEnough };
  }

  it.each([
    ['IPv4', IPV4],
    ['IPv4 in a socket of IPv6', MAPPED],
    ['IPv6', IPV6],
  ])('tells whose sockets of %s are', async (_kind, ends) => {
    const text = [HEAD, row(ends, '01', 1000, 4711, 12_345), ''].join('\n');
    expect(await find(text)).toEqual({ rows: [{ ends, state: '01', uid: 1000 }], hasEnough: false });
  });

  it('gives no account to a socket that belongs to no process: its row says 0, which would be root', async () => {
    const text = [HEAD, row(IPV4, '06', 0, 0), row(IPV6, '01', 0, 0), ''].join('\n');
    expect((await find(text)).rows).toEqual([]);
  });

  it('gives only the rows whose ports are wanted', async () => {
    const others = [
      '0100007F:9C40 0100007F:1F91',
      '0100007F:9C41 0100007F:1F90',
      '0100007F:1F90 0100007F:9C40',
    ];
    const text = [HEAD, row(IPV4, '01', 1, 1), ...others.map((ends) => row(ends, '01', 2, 2)), ''].join('\n');
    expect((await find(text)).rows).toMatchObject([{ uid: 1 }]);
  });

  it('is read no further than to what was looked for', async () => {
    const text = [HEAD, row(IPV4, '01', 1, 1), row(IPV6, '01', 2, 2), row(IPV6, '01', 3, 3), ''].join('\n');
    const { rows, hasEnough } = await find(text, { wanted: 2 });
    expect([rows.map(({ uid }) => uid), hasEnough]).toEqual([[1, 2], true]);
  });

  it.each([200, 256, 333, 1000])(
    'is read whole, however its rows are cut: %d bytes at a time',
    async (bufferBytes) => {
      const uids = Array.from({ length: 50 }, (_, index) => index + 1);
      const text = [HEAD, ...uids.map((uid) => row(uid % 2 === 0 ? IPV4 : MAPPED, '01', uid, uid)), ''].join(
        '\n',
      );
      expect((await find(text, { bufferBytes })).rows.map(({ uid }) => uid)).toEqual(uids);
    },
  );

  it.each(['', HEAD, `${HEAD}\n\n`, 'nonsense\n', ':\n', ': : : :\n', row(IPV4, '01', 1, 1)])(
    'has nothing in %j',
    async (text) => {
      expect((await find(text)).rows).toEqual([]);
    },
  );
});

describe('a connection in the tables', () => {
  const ports = { localPort: 0x9c40, remotePort: 0x1f90 };

  it('of IPv4 stands there in either of two spellings, however Node.js writes it', () => {
    for (const prefix of ['', '::ffff:', '::FFFF:']) {
      const [localAddress, remoteAddress] = [`${prefix}127.0.0.1`, `${prefix}127.0.0.1`];
      expect(endsInTables({ localAddress, remoteAddress, ...ports })).toEqual([IPV4, MAPPED]);
    }
  });

  it('of IPv6 in one', () => {
    expect(endsInTables({ localAddress: '::1', remoteAddress: '::1', ...ports })).toEqual([IPV6]);
    const [link] = endsInTables({
      localAddress: 'fe80::12:3456%eth0',
      remoteAddress: '2001:db8::',
      ...ports,
    });
    expect(link).toBe('000080FE000000000000000056341200:9C40 B80D0120000000000000000000000000:1F90');
  });
});

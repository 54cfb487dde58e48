import { describe, expect, it } from '@jest/globals';
import { endsInTables, parseSocketTable } from './socket-tables.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const REST = '00000000:00000000 00:00000000 00000000';
const row = (ends: string, state: string, uid: number, inode: number, at = 4): string =>
  `${String(at).padStart(4)}: ${ends} ${state} ${REST} ${String(uid).padStart(5)}        0 ${inode} 1 00000000ae 20 4 30 10 -1`;
const all = (): boolean => true;

/** As a machine with the byte order of nearly all machines writes them. */
const IPV4 = '0100007F:9C40 0100007F:1F90';
const MAPPED = '0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:1F90';
const IPV6 = '00000000000000000000000001000000:9C40 00000000000000000000000001000000:1F90';

describe('a table of sockets', () => {
  it.each([
    ['IPv4', IPV4],
    ['IPv4 in a socket of IPv6', MAPPED],
    ['IPv6', IPV6],
  ])('tells whose sockets of %s are', (_kind, ends) => {
    const text = [HEAD, row(ends, '01', 1000, 4711, 12_345), ''].join('\n');
    expect(parseSocketTable(text, (given) => given === ends)).toEqual([{ ends, state: '01', uid: 1000 }]);
  });

  it('gives no account to a socket that belongs to no process: its row says 0, which would be root', () => {
    const text = [HEAD, row(IPV4, '06', 0, 0), row(IPV6, '01', 0, 0), ''].join('\n');
    expect(parseSocketTable(text, all)).toEqual([]);
  });

  it('gives only the rows that are wanted', () => {
    const text = [HEAD, row(IPV4, '01', 1, 1), row('0100007F:9C40 0100007F:1F91', '01', 2, 2), ''].join('\n');
    expect(parseSocketTable(text, (ends) => ends === IPV4)).toMatchObject([{ uid: 1 }]);
  });

  it.each(['', HEAD, `${HEAD}\n\n`, 'nonsense', ':', ': : : :'])('finds nothing in %j', (text) => {
    expect(parseSocketTable(text, all)).toEqual([]);
  });
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

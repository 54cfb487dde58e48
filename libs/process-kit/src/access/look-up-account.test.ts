import { describe, expect, it } from '@jest/globals';
import { createLookUp, overflowUid } from './look-up-account.ts';
import { type Ends, endsInTables, type RowSearch } from './socket-tables.ts';

const OWN = process.geteuid?.() ?? 0;
const OTHER = OWN + 4711;
const never = (error: unknown): never => {
  throw error;
};

/** The connection from this port, as the server sees it. */
const from = (remotePort: number): Required<Ends> => ({
  localAddress: '127.0.0.1',
  localPort: 8080,
  remoteAddress: '127.0.0.1',
  remotePort,
});

/** Tables whose content, and end of reading, a test controls. */
function fakeTables() {
  const reads: { readonly search: RowSearch; readonly done: PromiseWithResolvers<void> }[] = [];
  const row = (ends: Required<Ends>, uid: number): void => {
    const search = reads.at(-1)?.search;
    if (search?.isWanted(ends.localPort ?? 0, ends.remotePort ?? 0) === true)
      search.take({ ends: endsInTables(ends)[0] ?? '', state: '01', uid });
  };
  return {
    reads,
    read(search: RowSearch): Promise<void> {
      const done = Promise.withResolvers<void>();
      reads.push({ search, done });
      return done.promise;
    },
    /** The read that runs comes by the end of the connection's peer. */
    peerOf: (connection: Required<Ends>, uid: number) =>
      row({ ...connection, localPort: connection.remotePort, remotePort: connection.localPort }, uid),
    ownEndOf: (connection: Required<Ends>) => row(connection, OWN),
    /** Ends the read that runs, and waits until its consequences are done. */
    async end(): Promise<void> {
      reads.at(-1)?.done.resolve();
      await new Promise(setImmediate);
    },
  };
}

describe('looking up the account behind a connection', () => {
  it.each([
    ['own', OWN],
    ['own', 0],
    ['other', OTHER],
    ['unknown', overflowUid()],
  ] as const)('says %s of account %d', async (expected, uid) => {
    const tables = fakeTables();
    const answer = createLookUp(never, tables.read)(from(1000));
    tables.peerOf(from(1000), uid);
    await tables.end();
    tables.ownEndOf(from(1000));
    await tables.end();
    expect(await answer).toBe(expected);
    expect(tables.reads).toHaveLength(2);
  });

  it('says unknown where there is no row of the peer', async () => {
    const tables = fakeTables();
    const answer = createLookUp(never, tables.read)(from(1000));
    tables.ownEndOf(from(1000));
    tables.peerOf(from(1001), OWN);
    await tables.end();
    expect(await answer).toBe('unknown');
    expect(tables.reads).toHaveLength(1);
  });

  it('says unknown where our own end has gone meanwhile: the row may be that of the next connection', async () => {
    const tables = fakeTables();
    const answer = createLookUp(never, tables.read)(from(1000));
    // Seen too early.
    tables.ownEndOf(from(1000));
    tables.peerOf(from(1000), OWN);
    await tables.end();
    tables.peerOf(from(1000), OWN);
    await tables.end();
    expect(await answer).toBe('unknown');
  });

  it('believes no read that had begun before it was asked', async () => {
    const tables = fakeTables();
    const look = createLookUp(never, tables.read);
    const first = look(from(1000));
    const second = look(from(2000));
    tables.peerOf(from(1000), OWN);
    tables.peerOf(from(2000), OWN);
    await tables.end();
    tables.ownEndOf(from(1000));
    tables.ownEndOf(from(2000));
    tables.peerOf(from(2000), OTHER);
    await tables.end();
    expect(await first).toBe('own');
    tables.ownEndOf(from(2000));
    await tables.end();
    expect(await second).toBe('other');
  });

  it('reads once for all that wait, and ends a read when nothing more is looked for', async () => {
    const tables = fakeTables();
    const look = createLookUp(never, tables.read);
    const first = look(from(1000));
    const others = [look(from(2000)), look(from(3000)), look(from(3000))];
    tables.peerOf(from(1000), OWN);
    await tables.end();
    tables.ownEndOf(from(1000));
    tables.peerOf(from(2000), OWN);
    tables.peerOf(from(3000), OTHER);
    await tables.end();
    expect(await first).toBe('own');
    const { search } = tables.reads[2] ?? never('there is no third read');
    const [own2000 = '', own3000 = ''] = [from(2000), from(3000)].map((ends) => endsInTables(ends)[0]);
    expect(search.take({ ends: own2000, state: '01', uid: OWN })).toBe(false);
    expect(search.take({ ends: own2000, state: '01', uid: OWN })).toBe(false);
    expect(search.take({ ends: own3000, state: '01', uid: OWN })).toBe(true);
    await tables.end();
    expect(await Promise.all(others)).toEqual(['own', 'other', 'other']);
    expect(tables.reads).toHaveLength(3);
  });

  it('says unknown to all that wait where the tables cannot be read, and reads them again for the next one', async () => {
    const tables = fakeTables();
    const told: unknown[] = [];
    const look = createLookUp((error) => told.push(error), tables.read);
    const first = look(from(1000));
    tables.peerOf(from(1000), OWN);
    await tables.end();
    // Waits for its second read, which fails.
    const second = look(from(2000));
    const failed = new Error('EACCES');
    tables.reads.at(-1)?.done.reject(failed);
    expect(await first).toBe('unknown');
    await new Promise(setImmediate);
    tables.reads.at(-1)?.done.reject(failed);
    expect(await second).toBe('unknown');
    expect(told).toEqual(process.platform === 'linux' ? [failed] : []);
    const third = look(from(3000));
    tables.peerOf(from(3000), OWN);
    await tables.end();
    tables.ownEndOf(from(3000));
    await tables.end();
    expect(await third).toBe('own');
  });
});

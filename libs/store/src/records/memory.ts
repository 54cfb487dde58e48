import { newId, ParleyError, storableText } from '@parley/shared-models';
import { type Selectable, sql } from 'kysely';
import {
  MEMORY_VERSIONS,
  type MemoryAddress,
  type MemoryStore,
  type MemoryVersion,
} from '../ports/memory.ts';
import { all, allOf, type Database, first, type Given, prepared, run, type Work } from './database.ts';
import type { Tables } from './tables.ts';

export function createMemory({ db, now, read, write }: Database): MemoryStore {
  const ofKey = ({ subject, group, key }: Given<MemoryAddress>) =>
    db
      .selectFrom('memory')
      .selectAll()
      .where('subject', '=', subject)
      .where('agent_group', '=', group)
      .where('key', '=', key)
      .orderBy('version', 'desc');
  const findLatest = prepared((address: Given<MemoryAddress>) => ofKey(address).limit(1));
  const findWritten = prepared((query: Given<MemoryAddress & { writeId: string }>) =>
    ofKey(query).where('write_id', '=', query.writeId),
  );
  const findBefore = prepared((query: Given<MemoryAddress & { beforeVersion: number; limit: number }>) =>
    ofKey(query).where('version', '<', query.beforeVersion).limit(query.limit),
  );
  const insert = prepared(
    (made: Given<MemoryAddress & { version: number; value: string | null; writeId: string }>) =>
      db
        .insertInto('memory')
        .values({
          subject: made.subject,
          agent_group: made.group,
          key: made.key,
          version: made.version,
          value: made.value,
          write_id: made.writeId,
          updated_at: now(),
        })
        .returningAll(),
  );
  const prune = prepared(({ subject, group, key, version }: Given<MemoryAddress & { version: number }>) =>
    db
      .deleteFrom('memory')
      .where('subject', '=', subject)
      .where('agent_group', '=', group)
      .where('key', '=', key)
      .where('version', '<=', version),
  );
  const findAbout = prepared(({ subject }: Given<{ subject: string }>) =>
    db
      .selectFrom('memory as newest')
      .selectAll()
      .where('subject', '=', subject)
      .where('value', 'is not', null)
      .where(
        sql<boolean>`version = (
          SELECT max(version) FROM memory
          WHERE subject = newest.subject AND agent_group = newest.agent_group AND key = newest.key)`,
      )
      .orderBy('agent_group')
      .orderBy('key'),
  );

  /** The version that the write made, or the newest. */
  function* find(address: MemoryAddress, writeId: string | undefined): Work<MemoryVersion> {
    const written = writeId === undefined ? [] : [findWritten({ ...address, writeId })];
    const found = yield* allOf([...written, findLatest(address)]);
    const [row] = found.flat();
    return row === undefined ? noVersion(address) : versionOf(row);
  }

  return {
    get: (raw, writeId) => read(() => find(storableAddress(raw), writeId)),
    write({ value, expectedVersion, writeId: givenId, ...raw }) {
      const address = storableAddress(raw);
      // Always with an id: when the connection is lost after the commit, the write is done again.
      const writeId = storableText(givenId ?? newId());
      // Of two that make the same version, one begins again and sees the other's.
      return write(function* () {
        const current = yield* find(address, writeId);
        if (current.writeId === writeId) return current;
        if (expectedVersion !== undefined && expectedVersion !== current.version) {
          throw otherVersion(address, current.version, expectedVersion);
        }
        if (value === undefined && current.version === 0) return current;
        const version = current.version + 1;
        const made = yield* first(insert({ ...address, version, value: value ?? null, writeId }));
        if (made === undefined) throw new Error(`the memory of ${address.group} was not stored`);
        if (version > MEMORY_VERSIONS) {
          yield* run(prune({ ...address, version: version - MEMORY_VERSIONS }));
        }
        return versionOf(made);
      });
    },
    history: (raw, { limit, beforeVersion = Number.MAX_SAFE_INTEGER }) =>
      read(function* () {
        return (yield* all(findBefore({ ...storableAddress(raw), beforeVersion, limit }))).map(versionOf);
      }),
    listAbout: (subject) =>
      read(function* () {
        return (yield* all(findAbout({ subject }))).map(versionOf);
      }),
  };
}

function versionOf(row: Selectable<Tables['memory']>): MemoryVersion {
  return {
    group: row.agent_group,
    subject: row.subject,
    key: row.key,
    value: row.value ?? undefined,
    version: row.version,
    updatedAt: new Date(row.updated_at).toISOString(),
    writeId: row.write_id ?? undefined,
  };
}

const noVersion = ({ group, subject, key }: MemoryAddress): MemoryVersion => ({
  group,
  subject,
  key,
  value: undefined,
  version: 0,
  updatedAt: undefined,
  writeId: undefined,
});

function storableAddress({ group, subject, key }: MemoryAddress): MemoryAddress {
  return { group: storableText(group), subject: storableText(subject), key: storableText(key) };
}

function otherVersion(address: MemoryAddress, version: number, expected: number): ParleyError {
  return new ParleyError('id_conflict', `"${address.key}" has version ${version}, not ${expected}.`, {
    details: { version },
  });
}

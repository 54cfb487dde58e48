import { storableText } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import {
  MEMORY_VERSIONS,
  type MemoryAddress,
  type MemoryVersion,
  type MemoryWrite,
} from '../ports/memory.ts';
import {
  MEMORY_COLUMNS,
  type MemoryRow,
  memoryVersionOf,
  noVersion,
  otherVersion,
  storableAddress,
} from '../rules/memory.ts';

/** As `MemoryStore`; `write` only inside a transaction. */
export interface SqliteMemory {
  get(address: MemoryAddress, writeId?: string): MemoryVersion;
  write(write: MemoryWrite): MemoryVersion;
  history(
    address: MemoryAddress,
    options: { limit: number; beforeVersion?: number | undefined },
  ): MemoryVersion[];
  listAbout(subject: string): MemoryVersion[];
}

const OF_KEY = 'subject = ? AND agent_group = ? AND key = ?';

export function createSqliteMemory(prepare: Prepare, now: () => number): SqliteMemory {
  const latest = prepare.one<MemoryRow>(
    `SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} ORDER BY version DESC LIMIT 1`,
  );
  const writtenBy = prepare.one<MemoryRow>(
    `SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} AND write_id = ?`,
  );
  const insert = prepare.one<MemoryRow>(
    `INSERT INTO memory (${MEMORY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING ${MEMORY_COLUMNS}`,
  );
  const prune = prepare.change(`DELETE FROM memory WHERE ${OF_KEY} AND version <= ?`);
  const before = prepare.all<MemoryRow>(
    `SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} AND version < ? ORDER BY version DESC LIMIT ?`,
  );
  const about = prepare.all<MemoryRow>(`
    SELECT ${MEMORY_COLUMNS} FROM memory AS newest WHERE subject = ? AND value IS NOT NULL AND version = (
      SELECT max(version) FROM memory
      WHERE subject = newest.subject AND agent_group = newest.agent_group AND key = newest.key
    ) ORDER BY agent_group, key`);

  const find = (address: MemoryAddress, writeId?: string): MemoryVersion => {
    const { subject, group, key } = address;
    const row =
      (writeId === undefined ? undefined : writtenBy(subject, group, key, writeId)) ??
      latest(subject, group, key);
    return row === undefined ? noVersion(address) : memoryVersionOf(row);
  };

  return {
    get: (address, writeId) => find(storableAddress(address), writeId),
    write({ value, expectedVersion, writeId, ...rest }) {
      const address = storableAddress(rest);
      const { subject, group, key } = address;
      const current = find(address, writeId);
      if (writeId !== undefined && current.writeId === writeId) return current;
      if (expectedVersion !== undefined && expectedVersion !== current.version) {
        throw otherVersion(address, current.version, expectedVersion);
      }
      if (value === undefined && current.version === 0) return current;
      const version = current.version + 1;
      const text = value === undefined ? null : storableText(value);
      const row = insert(subject, group, key, version, text, writeId ?? null, now());
      if (row === undefined) throw new Error(`the memory of ${group} was not stored`);
      prune(subject, group, key, version - MEMORY_VERSIONS);
      return memoryVersionOf(row);
    },
    history(address, { limit, beforeVersion = Number.MAX_SAFE_INTEGER }) {
      const { subject, group, key } = storableAddress(address);
      return before(subject, group, key, beforeVersion, limit).map(memoryVersionOf);
    },
    listAbout: (subject) => about(storableText(subject)).map(memoryVersionOf),
  };
}

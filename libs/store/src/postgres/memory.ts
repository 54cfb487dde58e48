import { newId } from '@parley/shared-models';
import {
  MEMORY_VERSIONS,
  type MemoryAddress,
  type MemoryStore,
  type MemoryVersion,
} from '../ports/memory.ts';
import {
  MEMORY_COLUMNS,
  type MemoryRow,
  memoryVersionOf,
  noVersion,
  otherVersion,
  storableAddress,
} from '../rules/memory.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const OF_KEY = 'subject = $1 AND agent_group = $2 AND key = $3';

const LATEST: Statement = {
  name: 'latest-memory',
  text: `SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} ORDER BY version DESC LIMIT 1`,
};
/** The version that the write made comes first. */
const GET: Statement = {
  name: 'get-memory',
  text: `
    SELECT ${MEMORY_COLUMNS} FROM (
      SELECT ${MEMORY_COLUMNS}, 0 AS place FROM memory WHERE ${OF_KEY} AND write_id = $4
      UNION ALL
      (SELECT ${MEMORY_COLUMNS}, 1 FROM memory WHERE ${OF_KEY} ORDER BY version DESC LIMIT 1)
    ) AS found ORDER BY place LIMIT 1`,
};
/**
 * Gives the version that was made, or that the write made before; nothing when another one was there first or the
 * expected version is not there.
 */
const WRITE: Statement = {
  name: 'write-memory',
  text: `
    WITH known AS (
      SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} AND write_id = $5
    ), latest AS (
      SELECT coalesce(max(version), 0) AS version FROM memory WHERE ${OF_KEY}
    ), pruned AS (
      DELETE FROM memory WHERE ${OF_KEY} AND version <= (SELECT version FROM latest) - $7
    ), made AS (
      INSERT INTO memory (${MEMORY_COLUMNS})
      SELECT $1, $2, $3, version + 1, $4, $5, now() FROM latest
      WHERE NOT EXISTS (SELECT FROM known) AND ($6::bigint IS NULL OR version = $6)
        AND ($4::text IS NOT NULL OR version > 0)
      ON CONFLICT DO NOTHING
      RETURNING ${MEMORY_COLUMNS}
    )
    SELECT * FROM known UNION ALL SELECT * FROM made`,
};
const HISTORY: Statement = {
  name: 'memory-history',
  text: `
    SELECT ${MEMORY_COLUMNS} FROM memory WHERE ${OF_KEY} AND ($4::bigint IS NULL OR version < $4)
    ORDER BY version DESC LIMIT $5`,
};
const ABOUT: Statement = {
  name: 'memory-about',
  text: `
    SELECT * FROM (
      SELECT DISTINCT ON (agent_group, key) ${MEMORY_COLUMNS} FROM memory WHERE subject = $1
      ORDER BY agent_group, key, version DESC
    ) AS newest WHERE value IS NOT NULL ORDER BY agent_group, key`,
};

export function createPostgresMemory(database: Database): MemoryStore {
  const first = async (statement: Statement, values: unknown[]): Promise<MemoryVersion | undefined> => {
    const [row] = await database.rows<MemoryRow>(statement, values);
    return row === undefined ? undefined : memoryVersionOf(row);
  };
  const valuesOf = ({ subject, group, key }: MemoryAddress): unknown[] => [subject, group, key];

  return {
    async get(raw, writeId) {
      const address = storableAddress(raw);
      const found = await (writeId === undefined
        ? first(LATEST, valuesOf(address))
        : first(GET, [...valuesOf(address), writeId]));
      return found ?? noVersion(address);
    },
    async write({ value, expectedVersion, writeId = newId(), ...rest }) {
      const address = storableAddress(rest);
      // Always with an id: when the connection is lost after the commit, the write is done again.
      const values = [
        ...valuesOf(address),
        value ?? null,
        writeId,
        expectedVersion ?? null,
        MEMORY_VERSIONS - 1,
      ];
      for (;;) {
        const made = await first(WRITE, values);
        if (made !== undefined) return made;
        const { version } = (await first(LATEST, valuesOf(address))) ?? noVersion(address);
        if (expectedVersion !== undefined && expectedVersion !== version) {
          throw otherVersion(address, version, expectedVersion);
        }
        if (value === undefined && version === 0) return noVersion(address);
        // Another write made this version at the same moment: one of all those always gets on.
      }
    },
    async history(address, { limit, beforeVersion }) {
      const values = [...valuesOf(storableAddress(address)), beforeVersion ?? null, limit];
      return (await database.rows<MemoryRow>(HISTORY, values)).map(memoryVersionOf);
    },
    async listAbout(subject) {
      return (await database.rows<MemoryRow>(ABOUT, [subject])).map(memoryVersionOf);
    },
  };
}

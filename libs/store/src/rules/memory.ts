import { ParleyError, storableText } from '@parley/shared-models';
import type { MemoryAddress, MemoryVersion } from '../ports/memory.ts';

/** A version as both databases give it. */
export interface MemoryRow {
  readonly subject: string;
  readonly agent_group: string;
  readonly key: string;
  /** PostgreSQL gives a bigint as text. */
  readonly version: number | string;
  readonly value: string | null;
  readonly write_id: string | null;
  readonly updated_at: number | string;
}

export const MEMORY_COLUMNS = 'subject, agent_group, key, version, value, write_id, updated_at';

export function memoryVersionOf(row: MemoryRow): MemoryVersion {
  return {
    group: row.agent_group,
    subject: row.subject,
    key: row.key,
    value: row.value ?? undefined,
    version: Number(row.version),
    updatedAt: new Date(row.updated_at).toISOString(),
    writeId: row.write_id ?? undefined,
  };
}

export const noVersion = ({ group, subject, key }: MemoryAddress): MemoryVersion => ({
  group,
  subject,
  key,
  value: undefined,
  version: 0,
  updatedAt: undefined,
  writeId: undefined,
});

export function storableAddress({ group, subject, key }: MemoryAddress): MemoryAddress {
  return { group: storableText(group), subject: storableText(subject), key: storableText(key) };
}

export function otherVersion(address: MemoryAddress, version: number, expected: number): ParleyError {
  return new ParleyError('id_conflict', `"${address.key}" has version ${version}, not ${expected}.`, {
    details: { version },
  });
}

import type { MemoryEntry } from '@parley/control-plane';
import { type JsonValue, ParleyError } from '@parley/shared-models';
import type { MemoryServices } from '../context/create-memory.ts';

type Change = Parameters<MemoryServices['deleteMemory']>[0];

/** A group's memory as the server keeps it, but in this process: versions, history, write ids. */
export interface InMemoryAccess extends MemoryServices {
  /** The values that are remembered now about a person (`''`: the group's own), by key. */
  values(subject: string): Readonly<Record<string, JsonValue>>;
}

export function createInMemoryAccess(): InMemoryAccess {
  const subjects = new Map<string, Map<string, MemoryEntry[]>>();

  const versionsOf = ({ subject, key }: Pick<Change, 'subject' | 'key'>): MemoryEntry[] => {
    const keys = subjects.get(subject) ?? new Map<string, MemoryEntry[]>();
    subjects.set(subject, keys);
    const versions = keys.get(key) ?? [];
    keys.set(key, versions);
    return versions;
  };
  const write = (change: Change, value: string | undefined): MemoryEntry => {
    const { key, writeId = '', expectedVersion } = change;
    const versions = versionsOf(change);
    const known = writtenBy(versions, writeId);
    if (known !== undefined) return known;
    const version = versions.at(-1)?.version ?? 0;
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new ParleyError('id_conflict', `"${key}" has version ${version}, not ${expectedVersion}.`);
    }
    if (value === undefined && version === 0) return never(key);
    const entry: MemoryEntry = {
      key,
      value: value ?? '',
      version: version + 1,
      updatedAt: new Date().toISOString(),
      isDeleted: value === undefined,
      writeId,
    };
    versions.push(entry);
    return entry;
  };

  return {
    async getMemory(request) {
      const versions = versionsOf(request);
      return writtenBy(versions, request.writeId ?? '') ?? versions.at(-1) ?? never(request.key);
    },
    putMemory: async (request) => write(request, request.value),
    deleteMemory: async (request) => write(request, undefined).version,
    memoryHistory: async ({ limit, beforeVersion = Number.POSITIVE_INFINITY, ...request }) =>
      versionsOf(request)
        .filter(({ version }) => version < beforeVersion)
        .slice(-limit)
        .reverse(),
    values(subject) {
      const latest = [...(subjects.get(subject) ?? [])].map(
        ([key, versions]) => [key, versions.at(-1)] as const,
      );
      return Object.fromEntries(
        latest.flatMap(([key, entry]) =>
          entry === undefined || entry.isDeleted ? [] : [[key, JSON.parse(entry.value) as JsonValue]],
        ),
      );
    },
  };
}

function writtenBy(versions: readonly MemoryEntry[], writeId: string): MemoryEntry | undefined {
  return writeId === '' ? undefined : versions.find((version) => version.writeId === writeId);
}

function never(key: string): MemoryEntry {
  return { key, value: '', version: 0, updatedAt: '', isDeleted: false, writeId: '' };
}

import type { UserFile } from '@parley/shared-models';
import type { MemoryVersion, Store } from '@parley/store';
import { conversationsFile } from './conversations-file.ts';

/** Parley's data about a person, as files. They are views on the store: there is nothing else to go stale. */
export interface UserFiles {
  list(userId: string): Promise<UserFile[]>;
  /** Undefined: there is no such file. Names are those that `list` gives, and no others. */
  read(userId: string, name: string): Promise<OpenUserFile | undefined>;
}

export interface OpenUserFile {
  readonly contentType: string;
  readonly pieces: AsyncIterable<string> | Iterable<string>;
}

const CONVERSATIONS = 'conversations.md';

export function createUserFiles(store: Store): UserFiles {
  const memoryFiles = async (userId: string): Promise<Map<string, readonly MemoryVersion[]>> => {
    // Memory about nobody in particular belongs to no person's files.
    const entries = userId === '' ? [] : await store.memory.listAbout(userId);
    return Map.groupBy(entries, ({ group }) => `${group}.json`);
  };

  return {
    async list(userId) {
      const [newest] = await store.listConversations(userId, { limit: 1 });
      const files: UserFile[] = [];
      if (newest !== undefined) {
        let size = 0;
        for await (const piece of conversationsFile(store, userId)) size += Buffer.byteLength(piece);
        files.push({ name: CONVERSATIONS, size, updatedAt: newest.updatedAt });
      }
      for (const [name, entries] of await memoryFiles(userId)) {
        const size = Buffer.byteLength(memoryFile(userId, entries));
        files.push({ name, size, updatedAt: latest(entries) });
      }
      return files;
    },

    async read(userId, name) {
      if (name === CONVERSATIONS) {
        const [newest] = await store.listConversations(userId, { limit: 1 });
        if (newest === undefined) return undefined;
        return { contentType: 'text/markdown; charset=utf-8', pieces: conversationsFile(store, userId) };
      }
      const entries = (await memoryFiles(userId)).get(name);
      if (entries === undefined) return undefined;
      return { contentType: 'application/json; charset=utf-8', pieces: [memoryFile(userId, entries)] };
    },
  };
}

/** The memory of one group about a person. */
function memoryFile(userId: string, entries: readonly MemoryVersion[]): string {
  const facts = entries.map(({ key, value, version, updatedAt }) => [
    key,
    { value: value === undefined ? null : (JSON.parse(value) as unknown), version, updatedAt },
  ]);
  const file = { group: entries[0]?.group, about: userId, entries: Object.fromEntries(facts) };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function latest(entries: readonly MemoryVersion[]): string {
  const times = entries.map(({ updatedAt = new Date(0).toISOString() }) => updatedAt);
  return times.toSorted().at(-1) ?? new Date(0).toISOString();
}

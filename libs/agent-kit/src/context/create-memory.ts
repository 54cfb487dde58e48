import {
  type AgentServices,
  MEMORY_VALUE_BYTES,
  type MemoryEntry,
  type MemoryRpc,
} from '@parley/control-plane';
import { deriveId, JsonValue, ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentMemory } from '../agent-memory.ts';
import { describeValue } from '../given/describe-value.ts';
import { jsonOf } from '../given/json-of.ts';

export type MemoryServices = Pick<AgentServices, MemoryRpc>;

export interface MemoryOptions {
  readonly services: MemoryServices;
  /** The subject: `subjectOf(user)`. */
  readonly subject: string;
  readonly group: string;
  readonly requestId: string;
  /** Aborted when the answer is stopped: an `update` that others keep overtaking ends then. */
  readonly signal: AbortSignal;
}

/** Memory for one run of an agent's handler; a new one for each try, so that changes get the same ids again. */
export function createMemory(options: MemoryOptions): AgentMemory {
  const shared = memoryOf({ ...options, subject: '' });
  return options.subject === '' ? shared : memoryOf(options, shared);
}

/** @param shared the agent's own memory. @default this one is it, and `memory.shared.shared` is no deeper */
function memoryOf(
  { services, subject, group, requestId, signal }: MemoryOptions,
  shared?: AgentMemory,
): AgentMemory {
  const ordinals = new Map<string, number>();
  const nextWriteId = (key: string): string => {
    const ordinal = ordinals.get(keyOf(key)) ?? 0;
    ordinals.set(key, ordinal + 1);
    return deriveId(requestId, group, 'memory', subject, key, ordinal);
  };
  const read = async <T>(
    key: string,
    schema: z.ZodType<T>,
  ): Promise<{ value: T | undefined; version: number }> => {
    checkSchema(keyOf(key), schema);
    const entry = await services.getMemory({ subject, key });
    return { value: decode(entry, schema), version: entry.version };
  };
  const get = async <T>(key: string, schema?: z.ZodType<T>): Promise<T | JsonValue | undefined> =>
    (await read<T | JsonValue>(key, schema ?? JsonValue)).value;

  const own: Omit<AgentMemory, 'shared'> = {
    get: get as AgentMemory['get'],
    read,
    async put(key, value, { expectedVersion } = {}) {
      const writeId = nextWriteId(key);
      const written = { subject, key, value: encode(key, value), expectedVersion, writeId };
      const entry = await services.putMemory(written);
      return { value: storedIn(entry, JsonValue), version: entry.version };
    },
    async update(key, schema, change) {
      checkSchema(keyOf(key), schema);
      if (typeof change !== 'function') {
        throw refusal(
          `memory.update("${key}") was given ${describeValue(change)}; it takes a function last.`,
        );
      }
      const writeId = nextWriteId(key);
      for (;;) {
        const before = await services.getMemory({ subject, key, writeId });
        // The message is handled again: the change was made, and another one may have come after it.
        if (before.writeId === writeId) return storedIn(before, schema);
        const value = encode(key, change(decode(before, schema)));
        try {
          const written = { subject, key, value, expectedVersion: before.version, writeId };
          return storedIn(await services.putMemory(written), schema);
        } catch (error) {
          if (!isConflict(error)) throw error;
          if (signal.aborted) throw new ParleyError('cancelled', 'The answer was stopped.');
        }
      }
    },
    async delete(key, { expectedVersion } = {}) {
      await services.deleteMemory({ subject, key, expectedVersion, writeId: nextWriteId(key) });
    },
    async history(key, { limit } = {}) {
      const entries = await historyOf(services, { subject, key: keyOf(key), limit: limit ?? 100 });
      return entries.map((entry) => ({
        value: decode(entry, JsonValue),
        version: entry.version,
        updatedAt: entry.updatedAt,
      }));
    },
  };
  // Not as a getter: a literal that has one takes ten times as long to make, for each message.
  return Object.assign(own, { shared: shared ?? (own as AgentMemory) });
}

/** All that is wanted: one answer holds about a megabyte. */
async function historyOf(
  services: MemoryServices,
  { limit, ...key }: { readonly subject: string; readonly key: string; readonly limit: number },
): Promise<MemoryEntry[]> {
  const entries: MemoryEntry[] = [];
  while (entries.length < limit) {
    const beforeVersion = entries.at(-1)?.version;
    if (beforeVersion === 1) break;
    const page = await services.memoryHistory({ ...key, limit: limit - entries.length, beforeVersion });
    if (page.length === 0) break;
    entries.push(...page);
  }
  return entries;
}

function storedIn<T>(entry: MemoryEntry, schema: z.ZodType<T>): T {
  const stored = decode(entry, schema);
  if (stored === undefined) throw new ParleyError('internal', `The memory "${entry.key}" came back empty.`);
  return stored;
}

function isConflict(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'id_conflict';
}

function encode(key: string, value: unknown): string {
  return JSON.stringify(jsonOf(value, `The memory "${key}"`, MEMORY_VALUE_BYTES));
}

/** @throws ParleyError that describes the value given instead of a key */
function keyOf(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= 256 && !key.includes('\u0000')) return key;
  throw refusal(
    `memory was given ${describeValue(key)} as a key; a key is a text of 1 to 256 characters, without NUL.`,
  );
}

function checkSchema(key: string, schema: unknown): void {
  // Not by its class: the author's file may have a zod of its own.
  if (typeof schema === 'object' && schema !== null && 'safeParse' in schema) return;
  throw refusal(
    `memory was given ${describeValue(schema)} as the schema of "${key}"; it takes a zod schema.`,
  );
}

function refusal(message: string): ParleyError {
  return new ParleyError('agent_failed', message);
}

function decode<T>(entry: MemoryEntry, schema: z.ZodType<T>): T | undefined {
  if (entry.isDeleted || entry.version === 0) return undefined;
  const parsed = schema.safeParse(JSON.parse(entry.value));
  if (parsed.success) return parsed.data;
  throw new ParleyError(
    'agent_failed',
    `The value remembered under "${entry.key}" does not have the shape that the agent expects: ${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}

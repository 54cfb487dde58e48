import { JsonValue } from '@parley/shared-models';
import { z } from 'zod';
import { fitAnswer } from '../wire/fit-answer.ts';
import { jsonText } from '../wire/json-text.ts';
import { withoutUnset } from '../wire/without-unset.ts';
import { asItIs, Caller, EXAMPLE_CALLER, field, list, unary, type Wire } from './contract.ts';

/** Longest value of a memory entry, in bytes of UTF-8. */
export const MEMORY_VALUE_BYTES = 262_144;
/** Size of the fields around a value in an answer, at most, in bytes. */
const ENTRY_BYTES = 500;

/** PostgreSQL cannot hold NUL in a text. */
const plainText = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !text.includes('\u0000'), 'no NUL characters');

const Json = jsonText(JsonValue);
/** JSON text; kept as it was written. */
export const MemoryValue = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= MEMORY_VALUE_BYTES, {
    message: `at most ${MEMORY_VALUE_BYTES} bytes`,
    abort: true,
  })
  .refine((text) => Json.safeParse(text).success, 'no JSON');

const Key = z.object({
  ...Caller,
  /** The subject, usually a user's id; `''`: no subject. */
  subject: plainText(0, 200),
  key: plainText(1, 256),
});
/** For a call that names its caller and its subject in another way. */
export const MemoryKeyName = Key.shape.key;
export const MemorySubject = Key.shape.subject;
type Key = z.infer<typeof Key>;

/** Makes a change idempotent: with an id that the key has seen, nothing changes and the entry of then is returned. */
const writeId = plainText(0, 64).optional();
const change = {
  key: Key,
  /** The version that the key must have now; 0: it must never have had a value. Not set: any. */
  expectedVersion: z.number().int().nonnegative().optional(),
  writeId,
};

/** The key is a message of its own, with the caller in it. The group is that of the agent that calls. */
function ofKey<T extends { readonly key: Key }>(schema: z.ZodType<T>): Wire<Key & Omit<T, 'key'>> {
  return {
    schema: schema.transform(({ key, ...rest }) => ({ ...rest, ...key })),
    encode: ({ agentId, incarnation, subject, key, ...rest }) => ({
      key: { agentId, incarnation, subject, key },
      ...rest,
    }),
  };
}

/** A value of a group's memory, as it was at one version. */
const MemoryEntry = z.object({
  key: z.string(),
  /** JSON text; `''` when there is none: it never was, or was deleted. */
  value: z.string(),
  /** From 1, grows by one with each put and delete of the key; 0: there never was a value. */
  version: z.number().int().nonnegative(),
  /** When this version was written, ISO 8601 in UTC; `''` when there never was a value. */
  updatedAt: z.string(),
  isDeleted: z.boolean(),
  /** The `writeId` of the change that made this version; `''` when it had none. */
  writeId: z.string(),
});
export type MemoryEntry = z.infer<typeof MemoryEntry>;

export const Entry = asItIs(MemoryEntry);
const entryBytes = ({ key, value }: MemoryEntry): number =>
  ENTRY_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value);

const MEMORY = { service: 'AgentMemoryService', caller: 'agent' } as const;
const exampleKey = { ...EXAMPLE_CALLER, subject: 'ada', key: 'likes' };
const exampleEntry: MemoryEntry = {
  key: 'likes',
  value: '"tea"',
  version: 1,
  updatedAt: '2026-01-31T12:00:00.000Z',
  isDeleted: false,
  writeId: '',
};

/** The memory that the instances of an agent share. */
export const memory = {
  /** The value now; with a `writeId` that the key has seen, the version which that write made. */
  getMemory: unary({
    ...MEMORY,
    rpc: 'Get',
    request: ofKey(withoutUnset(z.object({ key: Key, writeId }), 'writeId')),
    answer: field('entry', Entry),
    example: { request: exampleKey, answer: exampleEntry },
  }),
  /** @throws ParleyError `id_conflict` when the key's version is not `expectedVersion` */
  putMemory: unary({
    ...MEMORY,
    rpc: 'Put',
    request: ofKey(withoutUnset(z.object({ ...change, value: MemoryValue }), 'writeId')),
    answer: field('entry', Entry),
    example: { request: { ...exampleKey, value: '"tea"' }, answer: exampleEntry },
  }),
  /** Removes a value; its history stays. Returns the version that made it so, 0 when there never was a value. @throws as `putMemory` */
  deleteMemory: unary({
    ...MEMORY,
    rpc: 'Delete',
    request: ofKey(withoutUnset(z.object(change), 'writeId')),
    answer: field('version', { schema: MemoryEntry.shape.version, encode: (version: number) => version }),
    example: { request: exampleKey, answer: 1 },
  }),
  /** Newest first; fewer than `limit` where they are long: about a megabyte. */
  memoryHistory: unary({
    ...MEMORY,
    rpc: 'History',
    request: ofKey(
      withoutUnset(
        z.object({
          key: Key,
          /** 1 to 1000. */
          limit: z.number().int().min(1).max(1000).default(100),
          beforeVersion: z.number().int().positive().optional(),
        }),
        'limit',
        'beforeVersion',
      ),
    ),
    answer: list('entries', Entry, (entries) => fitAnswer(entries, entryBytes)),
    example: { request: { ...exampleKey, limit: 100 }, answer: [exampleEntry] },
  }),
};

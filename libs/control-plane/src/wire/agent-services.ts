import { AgentId, Id, JsonValue, LIMITS, MessageText, Target } from '@parley/shared-models';
import { z } from 'zod';
import { WireMessage } from './chat-message.ts';

/** Longest value of a memory entry, in bytes of UTF-8. */
export const MEMORY_VALUE_BYTES = 262_144;
/** What one answer may hold, well below what gRPC accepts, in bytes. */
export const ANSWER_BYTES = 900 * 1024;

const Caller = { agentId: AgentId, incarnation: z.number().int().positive() };
/** PostgreSQL cannot hold NUL in a text. */
const plainText = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !text.includes('\u0000'), 'no NUL characters');
const Key = z.object({ ...Caller, subject: plainText(0, 200), key: plainText(1, 256) });
const WriteId = plainText(0, 64).transform((id) => (id === '' ? undefined : id));
const ExpectedVersion = z.number().int().nonnegative().optional();
const orElse = (value: number) => (given: number) => (given === 0 ? value : given);

/** JSON text; kept as it was written. */
const Value = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= MEMORY_VALUE_BYTES, `at most ${MEMORY_VALUE_BYTES} bytes`)
  .refine((text) => isJson(text), 'no JSON');

function isJson(text: string): boolean {
  try {
    return JsonValue.safeParse(JSON.parse(text)).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** What each RPC accepts, as the .proto files say it, turned into the models. */
export const GetMemory = z.object({ key: Key, writeId: WriteId });
export const PutMemory = z.object({
  key: Key,
  value: Value,
  expectedVersion: ExpectedVersion,
  writeId: WriteId,
});
export const DeleteMemory = z.object({ key: Key, expectedVersion: ExpectedVersion, writeId: WriteId });
export const MemoryHistory = z.object({
  key: Key,
  limit: z.number().int().min(0).max(1000).transform(orElse(100)),
  beforeVersion: z.number().int().nonnegative(),
});
export const ReadHistory = z.object({
  ...Caller,
  requestId: Id,
  limit: z.number().int().min(0).max(LIMITS.messagesPage).transform(orElse(50)),
  beforeSeq: z.number().int().nonnegative(),
});
export const Ask = z
  .object({
    ...Caller,
    requestId: Id,
    id: Id,
    targetName: z.string().optional(),
    targetAgentId: z.string().optional(),
    targetGroup: z.string().optional(),
    text: MessageText,
    timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs),
  })
  .transform(({ targetName, targetAgentId, targetGroup, ...ask }, context) => {
    const target = Target.safeParse({ agentName: targetName, agentId: targetAgentId, group: targetGroup });
    if (!target.success || Object.values(target.data).every((value) => value === undefined)) {
      context.addIssue({ code: 'custom', path: ['target'], message: 'one name, agent id or group' });
      return z.NEVER;
    }
    return { ...ask, target: target.data };
  });
export const CancelAsk = z.object({ ...Caller, id: Id });
export const IsWanted = z.object({ ...Caller, requestId: Id });
export const IsWantedAnswer = z.object({ isWanted: z.boolean() });

/** A target in the shape that the .proto files give it. */
export function encodeTarget({ agentName, agentId, group }: Target): object {
  if (agentName !== undefined) return { targetName: agentName };
  return agentId === undefined ? { targetGroup: group } : { targetAgentId: agentId };
}

const Entry = z.object({
  key: z.string(),
  value: z.string(),
  version: z.number().int().nonnegative(),
  updatedAt: z.string(),
  isDeleted: z.boolean(),
  writeId: z.string(),
});

/** What each RPC answers. */
export const MemoryAnswer = z.object({ entry: Entry });
export const DeletedAnswer = z.object({ version: z.number().int().nonnegative() });
export const MemoryHistoryAnswer = z.object({ entries: z.array(Entry) });
export const HistoryAnswer = z.object({ messages: z.array(WireMessage) });
export const AskAnswer = z.object({ reply: WireMessage });

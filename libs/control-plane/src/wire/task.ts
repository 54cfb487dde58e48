import { TaskDocument } from '@parley/durable-tasks';
import {
  AgentId,
  boundedArray,
  Id,
  JsonValue,
  LIMITS,
  MessageText,
  StepId,
  shownName,
} from '@parley/shared-models';
import { z } from 'zod';
import type { VersionedTask } from '../task-services.ts';
import { WireMessage } from './chat-message.ts';

const Caller = { agentId: AgentId, incarnation: z.number().int().positive() };
const Lease = z.object({ id: Id, token: z.number().int().positive() });
const Title = shownName(300).min(1);

/** JSON text, read as `schema` wants it. */
const jsonText = <T>(schema: z.ZodType<T>) =>
  z.string().transform((text, context): T => {
    const parsed = parseJson(text, schema);
    if (parsed?.success) return parsed.data;
    const [issue] = parsed?.error.issues ?? [];
    context.addIssue({
      code: 'custom',
      message: issue === undefined ? 'no JSON' : `${issue.path.join('.')}: ${issue.message}`,
    });
    return z.NEVER;
  });

function parseJson<T>(text: string, schema: z.ZodType<T>): z.ZodSafeParseResult<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const Input = z.union([z.literal('').transform(() => undefined), jsonText(JsonValue)]);
const Document = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= LIMITS.taskBytes, {
    message: `at most ${LIMITS.taskBytes} bytes`,
    abort: true,
  })
  .pipe(jsonText(TaskDocument));

/** What each RPC accepts, as task.proto says it, turned into the models. */
export const CreateTask = z.object({
  ...Caller,
  requestId: Id,
  id: Id,
  title: Title,
  text: MessageText,
  input: Input,
});
export const RefineTask = CreateTask.omit({ title: true });
export const CancelTask = z.object({ ...Caller, requestId: Id, id: Id });
export const GetTask = z.object({ ...Caller, id: Id });
export const ListTasks = z.object({ ...Caller, requestId: Id, limit: z.number().int().min(1).max(20) });
export const ClaimTasks = z.object({ ...Caller, limit: z.number().int().min(1).max(20) });
export const RenewLeases = z.object({ ...Caller, leases: boundedArray(Lease, 1000) });
export const ReleaseTask = z.object({ ...Caller, lease: Lease });
export const SaveTask = z.object({
  ...Caller,
  document: Document,
  expectedVersion: z.number().int().positive(),
  token: z.number().int().positive(),
});
export const RunStep = z.object({
  ...Caller,
  lease: Lease,
  stepId: StepId,
  attempt: z.number().int().positive(),
  timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs),
  isCancellation: z.boolean(),
});

/** A task in the shape that task.proto gives it. */
export function encodeTask({ document, version, token }: VersionedTask): object {
  return { document: JSON.stringify(document), version, token };
}

const WireTask = z.object({
  document: jsonText(TaskDocument),
  version: z.number().int().positive(),
  token: z.number().int().nonnegative(),
});

/** What each RPC answers. */
export const TaskAnswer = z.object({ task: WireTask });
export const TasksAnswer = z.object({ tasks: z.array(WireTask) });
export const ClaimAnswer = z.object({ tasks: z.array(WireTask), leaseMs: z.number().int().positive() });
export const RenewAnswer = z.object({
  held: z.array(z.object({ id: Id, version: z.number().int().positive() })),
});
export const RunStepAnswer = z.object({ reply: WireMessage });

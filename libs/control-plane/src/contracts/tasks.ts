import { newTask, TaskDocument } from '@parley/durable-tasks';
import {
  boundedArray,
  type ChatMessage,
  Id,
  JsonValue,
  LIMITS,
  MessageText,
  StepId,
  shownName,
} from '@parley/shared-models';
import { z } from 'zod';
import { Message } from '../wire/chat-message.ts';
import { fitAnswer } from '../wire/fit-answer.ts';
import { jsonText } from '../wire/json-text.ts';
import { withoutUnset } from '../wire/without-unset.ts';
import { asItIs, Caller, EXAMPLE_CALLER, field, list, NOTHING, unary, type Wire } from './contract.ts';
import { exampleReply } from './conversation.ts';

/** Size of the tasks in one answer, at most, in bytes; gRPC accepts 4 MiB. */
const TASKS_BYTES = 3 * 1024 * 1024;

/** As many of the first ones as an answer may hold; at least one. */
export const fittingTasks = (tasks: readonly VersionedTask[]): readonly VersionedTask[] =>
  fitAnswer(tasks, ({ document }) => Buffer.byteLength(JSON.stringify(document)), TASKS_BYTES);

const Lease = z.object({ id: Id, token: z.number().int().positive() });
export type TaskLease = z.infer<typeof Lease>;

const Document = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= LIMITS.taskBytes, {
    message: `at most ${LIMITS.taskBytes} bytes`,
    abort: true,
  })
  .pipe(jsonText(TaskDocument));

/** A task with its version, and the token of its newest lease (0: there never was one). */
const VersionedTask = z.object({
  document: jsonText(TaskDocument),
  version: z.number().int().positive(),
  token: z.number().int().nonnegative(),
});
export type VersionedTask = z.infer<typeof VersionedTask>;

/** The document goes as JSON text. */
const withDocument = <T extends { readonly document: TaskDocument }>(schema: z.ZodType<T>): Wire<T> => ({
  schema,
  encode: ({ document, ...rest }) => ({ ...rest, document: JSON.stringify(document) }),
});
const Task = withDocument(VersionedTask);

const CreateTask = z.object({
  ...Caller,
  /** A message that was routed to the agent's group. */
  requestId: Id,
  /** A UUID, the idempotency key. */
  id: Id,
  title: shownName(300).min(1),
  text: MessageText,
  input: jsonText(JsonValue).optional(),
});

/** The input goes as JSON text. */
const withInput = <T extends { readonly input?: JsonValue | undefined }>(schema: z.ZodType<T>): Wire<T> => ({
  schema,
  encode: ({ input, ...rest }) => ({ ...rest, input: input === undefined ? '' : JSON.stringify(input) }),
});

const SaveTask = z.object({
  ...Caller,
  document: Document,
  expectedVersion: z.number().int().positive(),
  token: z.number().int().positive(),
});

const RunStep = z.object({
  ...Caller,
  lease: Lease,
  stepId: StepId,
  attempt: z.number().int().positive(),
  /** The longest wait for the reply, in milliseconds. */
  timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs),
  /** Nobody wants the attempt any more: stops it, and nothing is answered. */
  isCancellation: z.boolean(),
});

interface Claimed {
  readonly tasks: readonly VersionedTask[];
  readonly leaseMs: number;
}
const Claimed: z.ZodType<Claimed> = z.object({
  tasks: z.array(VersionedTask),
  leaseMs: z.number().int().positive(),
});

const TASKS = { service: 'TaskService', caller: 'agent' } as const;
const id = '0190aaaa-0000-7000-8000-0000000000a1';
const requestId = '0190aaaa-0000-7000-8000-000000000001';
const lease: TaskLease = { id, token: 1 };
const document = newTask(
  {
    id,
    conversationId: exampleReply.conversationId,
    group: 'planner',
    ownerId: 'ada',
    user: { kind: 'user', id: 'ada', name: 'Ada' },
    title: 'Compare',
    requestId,
    text: 'Compare a and b',
  },
  '2026-01-31T12:00:00.000Z',
);
const task: VersionedTask = { document, version: 1, token: 1 };
const ofTask = { answer: field('task', Task) } as const;

/**
 * Long tasks. Errors of all: ParleyError `not_found`, `forbidden` where another group drives the task, or it belongs to
 * another conversation.
 */
export const tasks = {
  /** Begins a task of the agent's group in the request's conversation; known by its id, it is answered as it is now. */
  createTask: unary({
    ...TASKS,
    rpc: 'CreateTask',
    request: withInput(withoutUnset(CreateTask, 'input')),
    ...ofTask,
    example: {
      request: { ...EXAMPLE_CALLER, requestId, id, title: 'Compare', text: 'Compare a and b' },
      answer: task,
    },
  }),
  /** Once for each request. @throws ParleyError `invalid_request` when the task is not `REFINEMENT_READY` */
  refineTask: unary({
    ...TASKS,
    rpc: 'RefineTask',
    request: withInput(withoutUnset(CreateTask.omit({ title: true }), 'input')),
    ...ofTask,
    example: { request: { ...EXAMPLE_CALLER, requestId, id, text: 'Only a' }, answer: task },
  }),
  /** One that is over stays as it is. */
  cancelTask: unary({
    ...TASKS,
    rpc: 'CancelTask',
    request: asItIs(CreateTask.pick({ agentId: true, incarnation: true, requestId: true, id: true })),
    ...ofTask,
    example: { request: { ...EXAMPLE_CALLER, requestId, id }, answer: task },
  }),
  getTask: unary({
    ...TASKS,
    rpc: 'GetTask',
    request: asItIs(CreateTask.pick({ agentId: true, incarnation: true, id: true })),
    ...ofTask,
    example: { request: { ...EXAMPLE_CALLER, id }, answer: task },
  }),
  /** Of the request's conversation, or the one because of which it was asked; newest first. */
  listTasks: unary({
    ...TASKS,
    rpc: 'ListTasks',
    request: asItIs(z.object({ ...Caller, requestId: Id, limit: z.number().int().min(1).max(20) })),
    answer: list('tasks', Task, fittingTasks),
    example: { request: { ...EXAMPLE_CALLER, requestId, limit: 10 }, answer: [task] },
  }),
  /** Open tasks of the group that nobody drives, the oldest first; the caller drives them from now on. */
  claimTasks: unary({
    ...TASKS,
    rpc: 'ClaimTasks',
    isAwaited: () => false,
    request: asItIs(z.object({ ...Caller, limit: z.number().int().min(1).max(20) })),
    answer: {
      schema: Claimed,
      encode: ({ tasks, leaseMs }) => ({ tasks: tasks.map(Task.encode), leaseMs }),
    },
    example: { request: { ...EXAMPLE_CALLER, limit: 1 }, answer: { tasks: [task], leaseMs: 10_000 } },
  }),
  /** Those that are still the caller's, with the versions that they have. */
  renewLeases: unary({
    ...TASKS,
    rpc: 'RenewLeases',
    isAwaited: () => false,
    request: asItIs(z.object({ ...Caller, leases: boundedArray(Lease, 1000) })),
    answer: list('held', asItIs(z.object({ id: Id, version: z.number().int().positive() }))),
    example: { request: { ...EXAMPLE_CALLER, leases: [lease] }, answer: [{ id, version: 1 }] },
  }),
  releaseTask: unary({
    ...TASKS,
    rpc: 'ReleaseTask',
    isAwaited: () => false,
    request: asItIs(z.object({ ...Caller, lease: Lease })),
    answer: NOTHING,
    example: { request: { ...EXAMPLE_CALLER, lease }, answer: undefined },
  }),
  /** @throws ParleyError `id_conflict` when the version or the lease is another one, `invalid_request` */
  saveTask: unary({
    ...TASKS,
    rpc: 'SaveTask',
    request: withDocument(SaveTask),
    ...ofTask,
    example: {
      request: { ...EXAMPLE_CALLER, document, expectedVersion: 1, token: 1 },
      answer: task,
    },
  }),
  /**
   * The reply of the agent that does the attempt, which must be stored as running.
   * @throws ParleyError as `ask`; `id_conflict` when the lease is another one, or that attempt is not under way
   */
  runStep: unary({
    ...TASKS,
    rpc: 'RunStep',
    request: asItIs(RunStep),
    answer: {
      schema: z
        .object({ reply: Message.schema.nullish() })
        .transform(({ reply }): ChatMessage | undefined => reply ?? undefined),
      encode: (reply: ChatMessage | undefined) =>
        reply === undefined ? {} : { reply: Message.encode(reply) },
    },
    // Nobody waits for its end to be told.
    isAwaited: ({ isCancellation }) => !isCancellation,
    waits: ({ isCancellation, timeoutMs }) => (isCancellation ? undefined : timeoutMs),
    example: {
      request: {
        ...EXAMPLE_CALLER,
        lease,
        stepId: 'step-1',
        attempt: 1,
        timeoutMs: 30_000,
        isCancellation: false,
      },
      answer: exampleReply,
    },
  }),
};

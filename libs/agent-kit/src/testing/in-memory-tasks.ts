import type { AgentServices, TaskLease, TaskRpc, VersionedTask } from '@parley/control-plane';
import {
  advance,
  callOfStep,
  isOpen,
  newTask,
  STEP_RESULT,
  type StepCall,
  stepMessageId,
  type TaskDocument,
} from '@parley/durable-tasks';
import { type ChatMessage, type JsonValue, newId, ParleyError } from '@parley/shared-models';

/** Tasks as the server keeps them, but in this process: versions, leases, each step's message once. */
export interface InMemoryTasks extends Pick<AgentServices, TaskRpc> {
  /** Every task as it is now, the oldest first. */
  all(): readonly VersionedTask[];
  /** Each lease of each task runs out now. */
  expireLeases(): void;
}

export interface InMemoryTasksOptions {
  /** Does an attempt for an agent of the step's group. @default it fails with `unknown_agent` */
  readonly onStep?: (call: StepCall, group: string) => Promise<JsonValue> | JsonValue;
  /** The conversation's owner, who asks. @default Ada */
  readonly user?: { readonly id: string; readonly name: string };
  /** @default the group `planner` */
  readonly group?: string;
  readonly conversationId?: string;
}

export function createInMemoryTasks(options: InMemoryTasksOptions = {}): InMemoryTasks {
  const { user = { id: 'ada', name: 'Ada' }, group = 'planner', conversationId = newId() } = options;
  const tasks = new Map<string, VersionedTask>();
  const free = new Set<string>();
  const replies = new Map<string, Promise<ChatMessage>>();

  const known = (id: string): VersionedTask => {
    const task = tasks.get(id);
    if (task === undefined) throw new ParleyError('not_found', 'There is no such task.');
    return task;
  };
  const keep = (task: VersionedTask): VersionedTask => {
    // As over a wire: nobody shares objects with it.
    const copy = JSON.parse(JSON.stringify(task)) as VersionedTask;
    tasks.set(copy.document.id, copy);
    return copy;
  };
  const change = (task: VersionedTask, document: TaskDocument): VersionedTask => {
    if (document === task.document) return task;
    if (isOpen(document) && !isOpen(task.document)) free.add(document.id);
    return keep({ ...task, document, version: task.version + 1 });
  };
  const isHeld = ({ id, token }: TaskLease): boolean => tasks.get(id)?.token === token;
  const reply = async (askId: string, call: StepCall, stepGroup: string): Promise<ChatMessage> => {
    const { onStep } = options;
    try {
      if (onStep === undefined) throw new ParleyError('unknown_agent', `There is no "${stepGroup}".`);
      const result = await onStep(call, stepGroup);
      return {
        id: newId(),
        conversationId: newId(),
        seq: 2,
        kind: 'REPLY',
        sender: { kind: 'agent', id: stepGroup, name: stepGroup },
        text: '',
        createdAt: new Date().toISOString(),
        metadata: { [STEP_RESULT]: result },
      };
    } catch (error) {
      // Like the server, it tells the outcome of the step apart from that of the call.
      const code = error instanceof ParleyError ? error.code : 'agent_failed';
      throw new ParleyError(code, String(error), { cause: error, details: { askId } });
    }
  };

  return {
    all: () => [...tasks.values()],
    expireLeases() {
      for (const id of tasks.keys()) free.add(id);
    },
    async createTask({ id, title, text, input, requestId }) {
      const found = tasks.get(id);
      if (found !== undefined) return found;
      const who = { ownerId: user.id, user: { kind: 'user', ...user } as const };
      const fields = { id, conversationId, group, title, requestId, text, input, ...who };
      free.add(id);
      return keep({ document: newTask(fields, new Date().toISOString()), version: 1, token: 0 });
    },
    async refineTask({ id, requestId, text, input }) {
      const task = known(id);
      return change(task, advance(task.document, { type: 'refined', requestId, text, input }, Date.now()));
    },
    async cancelTask({ id }) {
      const task = known(id);
      return change(task, advance(task.document, { type: 'cancelled' }, Date.now()));
    },
    getTask: async ({ id }) => known(id),
    listTasks: async ({ limit }) => [...tasks.values()].reverse().slice(0, limit),
    async claimTasks({ limit }) {
      const ids = [...free].filter((id) => isOpen(known(id).document)).slice(0, limit);
      const claimed = ids.map((id) => {
        free.delete(id);
        const task = known(id);
        return keep({ ...task, token: task.token + 1 });
      });
      return { tasks: claimed, leaseMs: 10_000 };
    },
    renewLeases: async ({ leases }) =>
      leases.filter(isHeld).map(({ id }) => ({ id, version: known(id).version })),
    async releaseTask({ lease }) {
      if (isHeld(lease)) free.add(lease.id);
    },
    async saveTask({ document, expectedVersion, token }) {
      const task = known(document.id);
      if (task.version !== expectedVersion || task.token !== token) {
        throw new ParleyError('id_conflict', 'The task has another version or driver.');
      }
      return keep({ ...task, document, version: task.version + 1 });
    },
    async runStep({ lease: { id, token }, stepId, attempt, isCancellation }, signal) {
      if (isCancellation) return undefined;
      const { document, token: held } = known(id);
      const step = document.steps.find((each) => each.id === stepId);
      if (held !== token || step?.state !== 'running' || step.attempt !== attempt) {
        throw new ParleyError('id_conflict', 'That attempt is not under way.');
      }
      const messageId = stepMessageId(id, step);
      const pending = replies.get(messageId) ?? reply(messageId, callOfStep(document, step), step.group);
      replies.set(messageId, pending);
      // Somebody else may wait for it later.
      pending.catch(() => {});
      const gone = Promise.withResolvers<never>();
      gone.promise.catch(() => {});
      signal?.addEventListener('abort', () => gone.reject(new ParleyError('cancelled', 'gone')), {
        once: true,
      });
      return Promise.race([pending, gone.promise]);
    },
  };
}

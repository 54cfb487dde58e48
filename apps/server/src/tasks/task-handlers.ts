import {
  type AgentCaller,
  type CallContext,
  type ControlPlaneHandlers,
  fittingTasks,
  type TaskRpc,
  type VersionedTask,
} from '@parley/control-plane';
import { checkSuccessor, isOpen, newTask } from '@parley/durable-tasks';
import { type ChatMessage, originOf, ParleyError } from '@parley/shared-models';
import { requestInHand } from '../conversations/ask-request.ts';
import type { ServerServices } from '../server-services.ts';
import { cancelTask, stopGivenUp, stopStep } from './cancel-task.ts';
import { runStep } from './run-step.ts';
import { changeTask, readTask, requireTask, saveTask, showTask, viewText } from './task-records.ts';

/** `TaskService`: the tasks of agents. A group drives its own; others see and stop those of the conversation they are in. */
export function createTaskHandlers(services: ServerServices) {
  const { agents, store, config } = services;
  const { tasks } = store;
  const leaseMs = config.TASK_LEASE_MS;

  /** @throws ParleyError `not_registered`, `stale_incarnation`, `not_found`, `forbidden` */
  const ownTask = async ({ agentId, incarnation }: AgentCaller, id: string): Promise<VersionedTask> => {
    const { group } = agents.require(agentId, incarnation).profile;
    const task = await requireTask(services, id);
    if (task.document.group === group) return task;
    throw new ParleyError('forbidden', 'Another group drives that task.');
  };
  const inConversation = ({ document }: VersionedTask, root: RootRequest): void => {
    if (document.conversationId === root.conversationId) return;
    throw new ParleyError('forbidden', 'That task belongs to another conversation.');
  };

  return {
    async createTask({ id, title, text, input, ...caller }) {
      const { agent, request } = await requestInHand(services, caller);
      const { user, chain } = originOf(request);
      if (chain.length > 0)
        throw new ParleyError('invalid_request', 'A task can only be begun for a message of a person.');
      const { ownerId, conversationId } = await rootOfRequest(services, request);
      const { group } = agent.profile;
      const fields = { id, conversationId, group, ownerId, user, title, requestId: request.id, text, input };
      const document = newTask(fields, new Date().toISOString());
      const added = await tasks.add({
        id,
        group,
        conversationId,
        ownerId,
        isOpen: isOpen(document),
        document: JSON.stringify(document),
        view: viewText(document),
      });
      const task = readTask(added.task);
      if (task.document.group !== group || task.document.conversationId !== conversationId)
        throw new ParleyError('id_conflict', 'This task id was used for another task before.');
      showTask(services, task);
      return task;
    },
    async refineTask({ id, text, input, requestId, ...caller }) {
      const { request } = await requestInHand(services, { ...caller, requestId });
      const task = await ownTask(caller, id);
      inConversation(task, await rootOfRequest(services, request));
      return (await changeTask(services, id, { type: 'refined', requestId, text, input })).after;
    },
    async cancelTask({ id, ...caller }) {
      const { request } = await requestInHand(services, caller);
      inConversation(await requireTask(services, id), await rootOfRequest(services, request));
      return cancelTask(services, id);
    },
    getTask: ({ id, ...caller }) => ownTask(caller, id),
    async listTasks({ limit, ...caller }) {
      const { request } = await requestInHand(services, caller);
      const { conversationId } = await rootOfRequest(services, request);
      return (await tasks.list({ conversationId, limit })).map(readTask);
    },
    async claimTasks({ agentId, incarnation, limit }) {
      const { group } = agents.require(agentId, incarnation).profile;
      const holder = { agentId, incarnation };
      const claimed = (await tasks.claim({ group, holder, leaseMs, limit })).map(readTask);
      const answered = fittingTasks(claimed);
      // The next claim may get the others.
      for (const { document, token } of claimed.slice(answered.length))
        await tasks.release(document.id, token);
      return { tasks: answered, leaseMs };
    },
    async renewLeases({ agentId, incarnation, leases }) {
      agents.require(agentId, incarnation);
      return tasks.renew({ leases, leaseMs });
    },
    async releaseTask({ lease, ...caller }) {
      await ownTask(caller, lease.id);
      await tasks.release(lease.id, lease.token);
    },
    async saveTask({ document, expectedVersion, token, ...caller }) {
      const before = await ownTask(caller, document.id);
      const isNext = before.version === expectedVersion;
      if (isNext) checkSuccessor(before.document, document);
      const saved = await saveTask(services, document, { expectedVersion, token });
      // Saved a second time, it may be that the server died before it stopped them.
      await stopGivenUp(services, isNext ? before.document : undefined, document);
      return saved;
    },
    async runStep(
      { isCancellation, ...request },
      { signal }: Pick<CallContext, 'signal'>,
    ): Promise<ChatMessage | undefined> {
      if (!isCancellation) return runStep(services, request, signal);
      const { document } = await ownTask(request, request.lease.id);
      await stopStep(services, document.id, { id: request.stepId, attempt: request.attempt });
      return undefined;
    },
  } satisfies Pick<ControlPlaneHandlers, TaskRpc>;
}

/** The conversation of a person, and its owner. */
interface RootRequest {
  readonly conversationId: string;
  readonly ownerId: string;
}

/** Of a message; of an agent's question to another one, the conversation because of which it is asked. */
async function rootOfRequest(
  { store }: Pick<ServerServices, 'store'>,
  request: ChatMessage,
): Promise<RootRequest> {
  const rootId = originOf(request).chain[0]?.requestId ?? request.id;
  const root = await store.getMessage(rootId);
  if (root === undefined) throw new ParleyError('not_found', 'The message with which it began is gone.');
  return { conversationId: root.message.conversationId, ownerId: root.ownerId };
}

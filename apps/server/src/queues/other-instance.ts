import { agentSignalKey } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';

/**
 * The agent that has the request, where that is another instance of the group of this one: an instance that was away for a
 * while comes to its end after the request was routed again. Its answer is as good as the other's, and the first one counts.
 * @param answer `taskId`: the task that it is said for, where it is. A task may outlive the agent that had the message.
 */
export async function holderInGroup(
  { agents, store }: ServerServices,
  answer: { requestId: string; agentId: string; taskId?: string | undefined },
): Promise<string | undefined> {
  const { requestId, agentId, taskId } = answer;
  const holder = (await store.getMessage(requestId))?.status?.routing?.agentId;
  if (holder === undefined) return undefined;
  const group = agents.get(agentId)?.profile.group;
  const task = taskId === undefined ? undefined : await store.tasks.get(taskId);
  const holding = agents.get(holder)?.profile.group ?? task?.group;
  return group !== undefined && holding === group ? holder : undefined;
}

/** The request was answered by another instance: this one need not begin with it, or go on. */
export function tellToStop({ bus }: ServerServices, agentId: string, messageId: string): void {
  const body = Buffer.from(JSON.stringify({ messageId }));
  bus.signal({ type: 'chat.cancel', key: agentSignalKey(agentId), body });
}

import type { AgentCaller } from '@parley/control-plane';
import { type ChatMessage, type MessageStatus, ParleyError } from '@parley/shared-models';
import type { AgentEntry } from '../agents/agent-entry.ts';
import type { ServerServices } from '../server-services.ts';

/** A message that an agent answers, and the agent. */
export interface RequestInHand {
  readonly agent: AgentEntry;
  readonly request: ChatMessage;
  readonly status: MessageStatus;
}

/**
 * The message, if it was routed to the caller or to another instance of its group.
 * @throws ParleyError `not_registered`, `stale_incarnation`, `not_found`, `forbidden`
 */
export async function requestInHand(
  { agents, store }: ServerServices,
  { agentId, incarnation, requestId }: AgentCaller & { readonly requestId: string },
): Promise<RequestInHand> {
  const agent = agents.require(agentId, incarnation);
  const found = await store.getMessage(requestId);
  if (found?.status === undefined) throw new ParleyError('not_found', 'There is no such message to answer.');
  const receiver = found.status.routing?.agentId;
  const group = receiver === undefined ? undefined : agents.get(receiver)?.profile.group;
  if (receiver !== agentId && group !== agent.profile.group) {
    throw new ParleyError('forbidden', 'That message is not for this agent.');
  }
  return { agent, request: found.message, status: found.status };
}

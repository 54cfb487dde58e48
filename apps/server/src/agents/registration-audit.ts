import type { CallContext, RegisterAgentRequest, RegisterAgentResponse } from '@parley/control-plane';
import type { AuditInput } from '@parley/shared-models';
import type { AgentEntry } from './agent-entry.ts';

/** The audit entry of a registration; one that takes the id from another living process is a take-over. */
export function registration(
  request: RegisterAgentRequest,
  { agentId, incarnation }: RegisterAgentResponse,
  before: AgentEntry | undefined,
  { peer, token }: Pick<CallContext, 'peer' | 'token'>,
): AuditInput {
  const isTakeOver =
    before !== undefined &&
    before.instanceId !== '' &&
    before.instanceId !== request.instanceId &&
    before.state !== 'offline';
  return {
    action: isTakeOver ? 'agent.replaced' : 'agent.registered',
    actor: { kind: 'agent', id: agentId, name: request.profile.name },
    remoteAddress: peer.slice(0, 64),
    agentId,
    result: 'ok',
    details: {
      incarnation,
      instanceId: request.instanceId,
      ...(token === undefined ? {} : { tokenId: token.tokenId }),
    },
  };
}

import type { AgentServices } from '@parley/control-plane';
import { type ChatMessage, LIMITS, ParleyError } from '@parley/shared-models';
import type { MessageContext } from '../agent-definition.ts';

const DEFAULT_HISTORY = 50;

export function createHistory(
  services: Pick<AgentServices, 'history'>,
  request: ChatMessage,
): MessageContext['history'] {
  return async ({ limit = DEFAULT_HISTORY } = {}) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.messagesPage) {
      throw new ParleyError('agent_failed', `limit must be an integer from 1 to ${LIMITS.messagesPage}.`);
    }
    // Nothing was said before the first message.
    if (request.seq === 1) return [];
    return services.history({ requestId: request.id, limit, beforeSeq: request.seq });
  };
}

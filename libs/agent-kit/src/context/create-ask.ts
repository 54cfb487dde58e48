import type { AgentServices } from '@parley/control-plane';
import { deriveId, LIMITS, MessageText, ParleyError, Target } from '@parley/shared-models';
import type { AgentAddress, MessageContext } from '../agent-definition.ts';

/** How long an agent waits for another one's answer when it does not say. */
const DEFAULT_ASK_MS = 60_000;

export interface AskOptions {
  readonly services: Pick<AgentServices, 'ask'>;
  readonly group: string;
  readonly requestId: string;
  /** Ends the wait for the answer. */
  readonly signal: AbortSignal;
}

/** `ask` for one run of an agent's handler; a new one for each try, so that questions get the same ids again. */
export function createAsk({ services, group, requestId, signal }: AskOptions): MessageContext['ask'] {
  let ordinal = 0;
  return async (agent, text, { timeoutMs = DEFAULT_ASK_MS } = {}) => {
    const id = deriveId(requestId, group, 'ask', ordinal++);
    const target = targetOf(agent);
    if (!MessageText.safeParse(text).success) {
      throw new ParleyError(
        'agent_failed',
        `A question has 1 to ${LIMITS.textLength} characters, and no NUL.`,
      );
    }
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LIMITS.askTimeoutMs) {
      throw new ParleyError('agent_failed', `timeoutMs must be an integer from 1 to ${LIMITS.askTimeoutMs}.`);
    }
    return services.ask({ requestId, id, target, text, timeoutMs }, signal);
  };
}

function targetOf(agent: AgentAddress): Target {
  const target = Target.safeParse(typeof agent === 'string' ? { agentName: agent } : agent);
  if (target.success && Object.keys(target.data).length === 1) return target.data;
  throw new ParleyError('agent_failed', `${JSON.stringify(agent)} addresses no agent.`);
}

import type { AgentServices } from '@parley/control-plane';
import type { Logger } from '@parley/process-kit';
import { deriveId, LIMITS, MessageText, ParleyError, Target } from '@parley/shared-models';
import type { AgentAddress, MessageContext } from '../agent-definition.ts';
import { describeValue } from '../given/describe-value.ts';

/** How long an agent waits for another one's answer when it does not say. */
const DEFAULT_ASK_MS = 60_000;

export interface AskOptions {
  readonly services: Pick<AgentServices, 'ask' | 'cancelAsk'>;
  readonly group: string;
  readonly requestId: string;
  /** Ends the wait for the answer. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** `ask` for one run of an agent's handler; a new one for each try, so that questions get the same ids again. */
export function createAsk({ services, group, requestId, signal, logger }: AskOptions): MessageContext['ask'] {
  let ordinal = 0;
  return async (agent, text, { timeoutMs = DEFAULT_ASK_MS } = {}) => {
    const id = deriveId(requestId, group, 'ask', ordinal++);
    const target = targetOf(agent);
    if (!MessageText.safeParse(text).success) {
      throw new ParleyError(
        'agent_failed',
        typeof text === 'string'
          ? `A question has 1 to ${LIMITS.textLength} characters, and no NUL.`
          : `ask() was given ${describeValue(text)} as the question; it takes a text.`,
      );
    }
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LIMITS.askTimeoutMs) {
      throw new ParleyError('agent_failed', `timeoutMs must be an integer from 1 to ${LIMITS.askTimeoutMs}.`);
    }
    try {
      return await services.ask({ requestId, id, target, text, timeoutMs }, signal);
    } catch (error) {
      // A process that goes down leaves the question as it is: who gets the message next asks with the same id.
      if (isUnwanted(error, signal)) {
        await services.cancelAsk({ id }).catch((err: unknown) => {
          logger.warn({ err, askId: id }, 'a question to another agent could not be stopped');
        });
      }
      throw error;
    }
  };
}

function isUnwanted(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return signal.reason !== 'abandoned';
  return error instanceof ParleyError && error.code === 'agent_timeout';
}

function targetOf(agent: AgentAddress): Target {
  const target = Target.safeParse(typeof agent === 'string' ? { agentName: agent } : agent);
  if (target.success && Object.keys(target.data).length === 1) return target.data;
  throw new ParleyError(
    'agent_failed',
    `ask() was given ${describeValue(agent)} as the agent; it takes a name, or one of { group }, { agentId }, { agentName }.`,
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_CONTRACTS, type AgentServices, agentServices } from '@parley/control-plane';
import type { Logger } from '@parley/process-kit';
import { type ErrorCode, ParleyError } from '@parley/shared-models';

const RETRY_MS = { min: 100, max: 2000 };

export interface Patience {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** The same services, for which a server that is away, or that has forgotten the agent for a moment, is waited for. */
export function patientServices(services: AgentServices, patience: Patience): AgentServices {
  return agentServices((name) => {
    const { isAwaited = () => true }: { readonly isAwaited?: (request: never) => boolean } =
      AGENT_CONTRACTS[name];
    const call = services[name] as (request: never, signal?: AbortSignal) => Promise<unknown>;
    return (request, ...signal) => {
      const ask = (): Promise<unknown> => call(request, ...signal);
      return isAwaited(request) ? whileServerAway(ask, patience) : ask();
    };
  });
}

/**
 * An agent that registers again is known by a new number before it has heard of that itself: `stale_incarnation`. Was it
 * replaced for good, its signal is given.
 */
const AWAY: readonly ErrorCode[] = [
  'unavailable',
  'store_unavailable',
  'bus_unavailable',
  'not_registered',
  'stale_incarnation',
];

async function whileServerAway<T>(call: () => Promise<T>, { signal, logger }: Patience): Promise<T> {
  for (let waitMs = RETRY_MS.min; ; waitMs = Math.min(waitMs * 2, RETRY_MS.max)) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted) throw new ParleyError('cancelled', 'The answer was stopped.', { cause: error });
      if (!isAway(error)) throw error;
      logger.debug({ err: error }, 'the server is away; asking it again');
    }
    // The next look at the signal ends it.
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof ParleyError)) return false;
  // The outcome of a question to another agent, not of the call.
  if (error.details?.askId !== undefined) return false;
  return AWAY.includes(error.code);
}

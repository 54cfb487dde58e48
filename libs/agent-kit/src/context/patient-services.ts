import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices } from '@parley/control-plane';
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
  const patiently = <T>(call: () => Promise<T>): Promise<T> => whileServerAway(call, patience);
  const { memory, tasks } = services;
  return {
    memory: {
      get: (request) => patiently(() => memory.get(request)),
      put: (request) => patiently(() => memory.put(request)),
      delete: (request) => patiently(() => memory.delete(request)),
      history: (request) => patiently(() => memory.history(request)),
    },
    tasks: {
      create: (request) => patiently(() => tasks.create(request)),
      refine: (request) => patiently(() => tasks.refine(request)),
      cancel: (request) => patiently(() => tasks.cancel(request)),
      get: (id) => patiently(() => tasks.get(id)),
      list: (request) => patiently(() => tasks.list(request)),
      save: (request) => patiently(() => tasks.save(request)),
      runStep: (request, signal) => patiently(() => tasks.runStep(request, signal)),
      // Nobody waits for these.
      claim: (limit) => tasks.claim(limit),
      renew: (leases) => tasks.renew(leases),
      release: (lease) => tasks.release(lease),
      cancelStep: (request) => tasks.cancelStep(request),
    },
    history: (request) => patiently(() => services.history(request)),
    ask: (request, signal) => patiently(() => services.ask(request, signal)),
    listEvents: (request) => patiently(() => services.listEvents(request)),
    // Nobody waits for it.
    cancelAsk: (request) => services.cancelAsk(request),
    isWanted: (request) => patiently(() => services.isWanted(request)),
  };
}

/**
 * An agent that registers again is known by a new number before it has heard of that itself: `stale_incarnation`. Was it
 * replaced for good, its signal is given.
 */
const AWAY: readonly ErrorCode[] = [
  'unavailable',
  'store_unavailable',
  'bus_unavailable',
  'unknown_agent',
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
  // What became of a question to another agent, not of the call.
  if (error.details?.askId !== undefined) return false;
  return AWAY.includes(error.code);
}

import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';

/** A request is given to so many agents, one after another: what has made each of them vanish ends somewhere. */
export const MAX_ATTEMPTS = 5;

/**
 * The agent that had the request is gone or was replaced, or the request was lost on its way: decide again who shall answer,
 * if it has not ended. The one way of routing a message again, so that one bound holds for all of them.
 * @returns whether it was this agent's and open
 */
export async function routeAgain(
  requestId: string,
  agentId: string,
  services: ServerServices,
): Promise<boolean> {
  const entry = await services.store.reopen(requestId, agentId);
  if (entry === undefined) return false;
  if (entry.attempt < MAX_ATTEMPTS) {
    services.relay.send(entry);
    return true;
  }
  await endRequest(services, {
    requestId,
    status: 'failed',
    error: {
      code: 'agent_offline',
      message: `Your message was routed ${MAX_ATTEMPTS} times, and each time the agent that had it, or its queue, went away.`,
    },
    hops: [],
  });
  return true;
}

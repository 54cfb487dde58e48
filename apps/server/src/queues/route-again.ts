import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';

/** Agents that vanish one after another end somewhere. */
const MAX_ATTEMPTS = 10;

/** The agent that had the request is gone or was replaced: decide again who shall answer, if it has not ended. */
export async function routeAgain(
  requestId: string,
  agentId: string,
  services: ServerServices,
): Promise<void> {
  const entry = await services.store.reopen(requestId, agentId);
  if (entry === undefined) return;
  if (entry.attempt <= MAX_ATTEMPTS) {
    services.relay.send(entry);
    return;
  }
  await endRequest(services, {
    requestId,
    status: 'failed',
    error: {
      code: 'agent_offline',
      message: `Your message was given to ${MAX_ATTEMPTS} agents, and each of them went away.`,
    },
    hops: [],
  });
}

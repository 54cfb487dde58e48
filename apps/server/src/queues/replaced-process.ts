import type { Envelope } from '@parley/messaging';
import { HEADERS } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { integerHeader, stringHeader } from './envelope-headers.ts';
import { routeAgain } from './route-again.ts';

/** The agent that sent it; undefined for what others send. */
export function senderAgentOf(envelope: Envelope): string | undefined {
  return /^agent:(.+)$/.exec(stringHeader(envelope, HEADERS.sender) ?? '')?.[1];
}

/**
 * Whether the sender's process was replaced: another one has registered under the agent's id since. What it says about
 * the request does not count; the request, which it took out of the queue, is routed again.
 */
export async function isFromReplaced(
  envelope: Envelope,
  agentId: string,
  requestId: string,
  services: ServerServices,
): Promise<boolean> {
  const known = services.agents.get(agentId);
  const incarnation = integerHeader(envelope, HEADERS.incarnation);
  if (known === undefined || incarnation >= known.firstIncarnation) return false;
  services.logger.warn(
    { agentId, messageId: requestId, incarnation, current: known.incarnation },
    `what a replaced process sent was refused: ${envelope.type}`,
  );
  await routeAgain(requestId, agentId, services);
  return true;
}

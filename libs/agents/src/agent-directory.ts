import type { ControlPlaneClient } from '@parley/control-plane';
import { ParleyError } from '@parley/shared-models';
import type { ListAgents } from './wellness/general/list-agents.ts';

const TIMEOUT_MS = 2_000;

/**
 * Asks the server for the full list each time. The client stays the caller's.
 * `timeoutMs`: the longest wait for the list. @default 2000
 */
export function createAgentDirectory(
  client: Pick<ControlPlaneClient, 'subscribeToAgentStatus'>,
  subscriberId: string,
  timeoutMs = TIMEOUT_MS,
): ListAgents {
  return async (signal) => {
    const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for await (const { agents, isFull } of client.subscribeToAgentStatus(
      { subscriberId },
      { signal: either },
    )) {
      // Leaving the loop ends the subscription.
      if (isFull) return agents;
    }
    throw new ParleyError('unavailable', 'The server has ended the list of agents.');
  };
}

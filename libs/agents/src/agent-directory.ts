import {
  type ControlPlaneClient,
  type ControlPlaneClientOptions,
  createControlPlaneClient,
} from '@parley/control-plane';
import { type AgentStatus, newId, ParleyError } from '@parley/shared-models';
import type { ListAgents } from './wellness/general/list-agents.ts';

export interface AgentDirectoryOptions extends ControlPlaneClientOptions {
  /** The longest wait for the list, in milliseconds. @default 2000 */
  readonly timeoutMs?: number;
  /** A list that is younger is given again, in milliseconds. @default 1000 */
  readonly maxAgeMs?: number;
  /** @default a gRPC client of its own, closed after each list: there is nothing to stop */
  readonly openClient?: () => Pick<ControlPlaneClient, 'subscribeToAgentStatus' | 'close'>;
}

/** Asks the server for its agents. Simultaneous callers share one request. */
export function createAgentDirectory(options: AgentDirectoryOptions): ListAgents {
  const {
    timeoutMs = 2_000,
    maxAgeMs = 1_000,
    openClient = () => createControlPlaneClient(options),
  } = options;
  let shared: { readonly until: number; readonly list: Promise<readonly AgentStatus[]> } | undefined;

  const ask = async (): Promise<readonly AgentStatus[]> => {
    const client = openClient();
    try {
      const request = { subscriberId: `directory-${newId()}` };
      const updates = client.subscribeToAgentStatus(request, { signal: AbortSignal.timeout(timeoutMs) });
      // Leaving the loop ends the subscription.
      for await (const { agents, isFull } of updates) if (isFull) return agents;
    } finally {
      client.close();
    }
    throw new ParleyError('unavailable', 'The server has ended the list of agents.');
  };

  return async () => {
    if (shared === undefined || performance.now() >= shared.until) {
      shared = { until: performance.now() + maxAgeMs, list: ask() };
    }
    const { list } = shared;
    try {
      return await list;
    } catch (error) {
      // The next one asks anew.
      if (shared?.list === list) shared = undefined;
      throw error;
    }
  };
}

import { type AgentStatus, loadOf, type ServerFrame } from '@parley/shared-models';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { Connection } from './client-connection.ts';

/** Clients that read these frames, or newer ones, get `agents.load`. */
const READS_LOADS = 2;
/** Between two frames about how busy agents are. */
const LOADS_MS = 1000;

/**
 * Tells every client the changes of the agents: that they come, go or change at once, how busy they are at most once
 * a second, of all of them together. A frame is encoded once for all clients that read it.
 * @param connections those to tell at the time, whichever they are
 * @returns ends it
 */
export function tellAgents(
  agents: Pick<AgentRegistry, 'list' | 'onChange' | 'onLoads'>,
  connections: Iterable<Pick<Connection, 'frames' | 'tell'>>,
): () => void {
  /** Agents whose load has changed since the last frame about it. */
  const busier = new Map<string, AgentStatus>();
  let timer: NodeJS.Timeout | undefined;

  const tellList = (changed: readonly AgentStatus[], isFull: boolean): void => {
    const text = encode({ type: 'agents', agents: [...changed], isFull });
    for (const connection of connections) connection.tell(text);
  };
  const tellLoads = (): void => {
    timer = undefined;
    if (busier.size === 0) return;
    const statuses = [...busier.values()];
    busier.clear();
    timer = setTimeout(tellLoads, LOADS_MS);
    const loads = encode({ type: 'agents.load', agents: statuses.map(loadOf) });
    let whole: string | undefined;
    for (const connection of connections) {
      if (connection.frames >= READS_LOADS) connection.tell(loads);
      else if (connection.frames > 0) {
        whole ??= encode({ type: 'agents', agents: statuses, isFull: false });
        connection.tell(whole);
      }
    }
  };

  const stopListening = [
    agents.onChange(({ agents: changed, removed }) => {
      // The protocol's changes cannot take one away; the full list can.
      const isFull = removed.length > 0;
      if (isFull) busier.clear();
      else for (const { agentId } of changed) busier.delete(agentId);
      tellList(isFull ? agents.list() : changed, isFull);
    }),
    agents.onLoads((changed) => {
      for (const status of changed) busier.set(status.agentId, status);
      if (timer === undefined) tellLoads();
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stopListening) stop();
  };
}

const encode = (frame: ServerFrame): string => JSON.stringify(frame);

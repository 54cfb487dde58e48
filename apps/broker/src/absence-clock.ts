import type { AgentStatus } from '@parley/shared-models';

/** Measures how long agents have been offline, on a clock that only goes forward and is this process's own. */
export interface AbsenceClock {
  update(agents: ReadonlyMap<string, AgentStatus>): void;
  /** Milliseconds; 0 for an agent that is there. */
  of(agentId: string): number;
}

/** @param clock milliseconds that only go forward */
export function createAbsenceClock(clock: () => number = () => performance.now()): AbsenceClock {
  const since = new Map<string, number>();
  let isFirst = true;
  return {
    update(agents) {
      const now = clock();
      for (const agentId of since.keys()) if (agents.get(agentId)?.state !== 'offline') since.delete(agentId);
      for (const agent of agents.values()) {
        if (agent.state !== 'offline' || since.has(agent.agentId)) continue;
        // Who was offline before this process came is only known by the server's wall clock.
        const before = isFirst ? Math.max(0, Date.now() - Date.parse(agent.lastSeen)) : 0;
        since.set(agent.agentId, now - before);
      }
      isFirst = false;
    },
    of(agentId) {
      const start = since.get(agentId);
      return start === undefined ? 0 : clock() - start;
    },
  };
}

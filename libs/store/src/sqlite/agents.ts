import type { AgentProfile, AgentState, WantedAgentState } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import { type AgentRow, agentOf } from '../rows.ts';
import type { StoredAgent } from '../store.ts';

export interface SqliteAgents {
  register(agentId: string, profile: AgentProfile): StoredAgent;
  setState(agentId: string, state: AgentState): void;
  setWanted(agentId: string, wanted: WantedAgentState): void;
  remove(agentId: string, incarnation: number): boolean;
  list(): StoredAgent[];
}

export function createSqliteAgents(prepare: Prepare, now: () => number): SqliteAgents {
  const upsert = prepare.one<AgentRow>(`
    INSERT INTO agents (agent_id, profile, state, incarnation, last_seen) VALUES (?, ?, 'online', 1, ?)
    ON CONFLICT (agent_id) DO UPDATE SET
      profile = excluded.profile,
      state = 'online',
      incarnation = incarnation + 1,
      last_seen = excluded.last_seen,
      is_removed = 0
    RETURNING *`);
  const setState = prepare.change(`
    UPDATE agents SET state = ?1, last_seen = iif(?1 IN ('online', 'draining'), ?2, last_seen)
    WHERE agent_id = ?3 AND NOT is_removed`);
  const setWanted = prepare.change('UPDATE agents SET wanted = ? WHERE agent_id = ? AND NOT is_removed');
  const remove = prepare.change(`
    UPDATE agents SET is_removed = 1, state = 'offline', wanted = 'online'
    WHERE agent_id = ? AND incarnation <= ?`);
  const list = prepare.all<AgentRow>('SELECT * FROM agents WHERE NOT is_removed ORDER BY agent_id');
  return {
    register(agentId, profile) {
      const row = upsert(agentId, JSON.stringify(profile), now());
      if (row === undefined) throw new Error(`agent ${agentId} was not stored`);
      return agentOf(row);
    },
    setState(agentId, state) {
      setState(state, now(), agentId);
    },
    setWanted(agentId, wanted) {
      setWanted(wanted, agentId);
    },
    remove: (agentId, incarnation) => remove(agentId, incarnation) > 0,
    list: () => list().map(agentOf),
  };
}

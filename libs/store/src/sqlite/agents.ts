import type { AgentProfile, AgentState, WantedAgentState } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import { type AgentGroupRow, type AgentRow, agentGroupOf, agentOf } from '../rows.ts';
import { idTaken } from '../rules/id-taken.ts';
import type { StoredAgent } from '../store.ts';

export interface SqliteAgents {
  register(agentId: string, profile: AgentProfile, heldBy?: string): StoredAgent;
  findGroup(agentId: string): { group: string; isRemoved: boolean } | undefined;
  setState(agentId: string, state: AgentState): void;
  setWanted(agentId: string, wanted: WantedAgentState): void;
  remove(agentId: string, incarnation: number): boolean;
  list(): StoredAgent[];
}

export function createSqliteAgents(prepare: Prepare, now: () => number): SqliteAgents {
  const upsert = prepare.one<AgentRow>(`
    INSERT INTO agents (agent_id, profile, state, incarnation, last_seen) VALUES (?1, ?2, 'online', 1, ?3)
    ON CONFLICT (agent_id) DO UPDATE SET
      profile = excluded.profile,
      state = 'online',
      incarnation = incarnation + 1,
      last_seen = excluded.last_seen,
      is_removed = 0
    WHERE ?4 IS NULL OR agents.profile ->> '$.group' = ?4
    RETURNING *`);
  const findGroup = prepare.one<AgentGroupRow>(
    "SELECT profile ->> '$.group' AS agent_group, is_removed FROM agents WHERE agent_id = ?",
  );
  const setState = prepare.change(`
    UPDATE agents SET state = ?1, last_seen = iif(?1 IN ('online', 'draining'), ?2, last_seen)
    WHERE agent_id = ?3 AND NOT is_removed`);
  const setWanted = prepare.change('UPDATE agents SET wanted = ? WHERE agent_id = ? AND NOT is_removed');
  const remove = prepare.change(`
    UPDATE agents SET is_removed = 1, state = 'offline', wanted = 'online'
    WHERE agent_id = ? AND incarnation <= ?`);
  const list = prepare.all<AgentRow>('SELECT * FROM agents WHERE NOT is_removed ORDER BY agent_id');
  return {
    register(agentId, profile, heldBy) {
      const row = upsert(agentId, JSON.stringify(profile), now(), heldBy ?? null);
      if (row === undefined) throw idTaken(agentId);
      return agentOf(row);
    },
    findGroup(agentId) {
      const row = findGroup(agentId);
      return row && agentGroupOf(row);
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

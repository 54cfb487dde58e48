import { type AgentGroupRow, type AgentRow, agentGroupOf, agentOf } from '../rows.ts';
import { idTaken } from '../rules/id-taken.ts';
import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const REGISTER: Statement = {
  name: 'register-agent',
  text: `
    INSERT INTO agents (agent_id, profile, state, incarnation, last_seen) VALUES ($1, $2, 'online', 1, now())
    ON CONFLICT (agent_id) DO UPDATE SET
      profile = excluded.profile,
      state = 'online',
      incarnation = agents.incarnation + 1,
      last_seen = excluded.last_seen,
      is_removed = false
    WHERE $3::text IS NULL OR agents.profile ->> 'group' = $3
    RETURNING *`,
};
const FIND_GROUP: Statement = {
  name: 'find-agent-group',
  text: "SELECT profile ->> 'group' AS agent_group, is_removed FROM agents WHERE agent_id = $1",
};
const SET_STATE: Statement = {
  name: 'set-agent-state',
  text: `
    UPDATE agents SET state = $1, last_seen = CASE WHEN $1 IN ('online', 'draining') THEN now() ELSE last_seen END
    WHERE agent_id = $2 AND NOT is_removed`,
};
const SET_WANTED: Statement = {
  name: 'set-wanted-agent-state',
  text: 'UPDATE agents SET wanted = $1 WHERE agent_id = $2 AND NOT is_removed',
};
const REMOVE: Statement = {
  name: 'remove-agent',
  text: `
    UPDATE agents SET is_removed = true, state = 'offline', wanted = 'online'
    WHERE agent_id = $1 AND incarnation <= $2
    RETURNING agent_id`,
};
const LIST: Statement = {
  name: 'list-agents',
  text: 'SELECT * FROM agents WHERE NOT is_removed ORDER BY agent_id',
};

export function createPostgresAgents(
  database: Database,
): Pick<
  Store,
  'registerAgent' | 'findAgentGroup' | 'setAgentState' | 'setWantedAgentState' | 'removeAgent' | 'listAgents'
> {
  return {
    async registerAgent(agentId, profile, heldBy) {
      const [row] = await database.rows<AgentRow>(REGISTER, [
        agentId,
        JSON.stringify(profile),
        heldBy ?? null,
      ]);
      if (row === undefined) throw idTaken(agentId);
      return agentOf(row);
    },
    async findAgentGroup(agentId) {
      const [row] = await database.rows<AgentGroupRow>(FIND_GROUP, [agentId]);
      return row && agentGroupOf(row);
    },
    async setAgentState(agentId, state) {
      await database.rows(SET_STATE, [state, agentId]);
    },
    async setWantedAgentState(agentId, wanted) {
      await database.rows(SET_WANTED, [wanted, agentId]);
    },
    async removeAgent(agentId, incarnation) {
      return (await database.rows(REMOVE, [agentId, incarnation])).length > 0;
    },
    async listAgents() {
      return (await database.rows<AgentRow>(LIST, [])).map(agentOf);
    },
  };
}

import type { AgentProfile, AgentState, WantedAgentState } from '@parley/shared-models';
import { type Selectable, sql } from 'kysely';
import { idTaken } from '../rules/id-taken.ts';
import type { Store, StoredAgent } from '../store.ts';
import { all, type Database, first, type Given, prepared } from './database.ts';
import type { Tables } from './tables.ts';

type Agents = Pick<
  Store,
  'registerAgent' | 'findAgentGroup' | 'setAgentState' | 'setWantedAgentState' | 'removeAgent' | 'listAgents'
>;
type OfAgent<Rest = object> = Given<{ readonly agentId: string } & Rest>;

export function createAgents({ db, now, read, change }: Database): Agents {
  const isListed = sql<boolean>`NOT is_removed`;
  const groupOf = sql<string>`profile ->> 'group'`;

  const register = prepared(
    ({ agentId, profile, heldBy }: OfAgent<{ profile: string; heldBy: string | null }>) =>
      db
        .insertInto('agents')
        .values({ agent_id: agentId, profile, state: 'online', incarnation: 1, last_seen: now() })
        .onConflict((known) =>
          known
            .column('agent_id')
            .doUpdateSet(({ ref }) => ({
              profile: ref('excluded.profile'),
              state: 'online',
              incarnation: sql<number>`agents.incarnation + 1`,
              last_seen: ref('excluded.last_seen'),
              is_removed: false,
            }))
            .where(sql<boolean>`(CAST(${heldBy} AS text) IS NULL OR agents.profile ->> 'group' = ${heldBy})`),
        )
        .returningAll(),
  );
  const findGroup = prepared(({ agentId }: OfAgent) =>
    db
      .selectFrom('agents')
      .select([groupOf.as('group'), 'is_removed'])
      .where('agent_id', '=', agentId),
  );
  const setState = prepared(({ agentId, state }: OfAgent<{ state: AgentState }>) =>
    db.updateTable('agents').set({ state }).where('agent_id', '=', agentId).where(isListed),
  );
  const setSeen = prepared(({ agentId, state }: OfAgent<{ state: AgentState }>) =>
    db.updateTable('agents').set({ state, last_seen: now() }).where('agent_id', '=', agentId).where(isListed),
  );
  const setWanted = prepared(({ agentId, wanted }: OfAgent<{ wanted: WantedAgentState }>) =>
    db.updateTable('agents').set({ wanted }).where('agent_id', '=', agentId).where(isListed),
  );
  const remove = prepared(({ agentId, incarnation }: OfAgent<{ incarnation: number }>) =>
    db
      .updateTable('agents')
      .set({ is_removed: true, state: 'offline', wanted: 'online' })
      .where('agent_id', '=', agentId)
      .where('incarnation', '<=', incarnation)
      .returning('agent_id'),
  );
  const list = prepared(() => db.selectFrom('agents').selectAll().where(isListed).orderBy('agent_id'));

  return {
    async registerAgent(agentId, profile, heldBy) {
      const values = { agentId, profile: JSON.stringify(profile), heldBy: heldBy ?? null };
      const [row] = await change(register(values));
      if (row === undefined) throw idTaken(agentId);
      return agentOf(row);
    },
    findAgentGroup: (agentId) =>
      read(function* () {
        const row = yield* first(findGroup({ agentId }));
        return row && { group: row.group, isRemoved: Boolean(row.is_removed) };
      }),
    async setAgentState(agentId, state) {
      const isSeen = state === 'online' || state === 'draining';
      await change((isSeen ? setSeen : setState)({ agentId, state }));
    },
    async setWantedAgentState(agentId, wanted) {
      await change(setWanted({ agentId, wanted }));
    },
    async removeAgent(agentId, incarnation) {
      return (await change(remove({ agentId, incarnation }))).length > 0;
    },
    listAgents: () =>
      read(function* () {
        return (yield* all(list({}))).map(agentOf);
      }),
  };
}

function agentOf(row: Selectable<Tables['agents']>): StoredAgent {
  return {
    agentId: row.agent_id,
    profile: JSON.parse(row.profile) as AgentProfile,
    state: row.state,
    wanted: row.wanted,
    incarnation: row.incarnation,
    lastSeen: new Date(row.last_seen).toISOString(),
  };
}

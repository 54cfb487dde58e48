import { afterEach, beforeEach } from '@jest/globals';
import type {
  AgentStatusUpdate,
  BoundToken,
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterAgentResponse,
} from '@parley/control-plane';
import { type AgentLoad, AgentProfile, loadOf, newId } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { AgentRegistry } from '../src/agents/agent-registry.ts';
import { createAgentRegistry } from '../src/agents/create-agent-registry.ts';
import { makeGround, silent } from './server-fixture.ts';

export const HEARTBEAT_MS = 5000;
export const LEASE_MS = 10_000;
export const MAX_AGENTS = 8;

export const ECHO = AgentProfile.parse({
  name: 'Echo',
  group: 'echo',
  description: 'Says it again',
  capabilities: ['echo'],
  keywords: ['say'],
  examples: ['Say it again'],
});

/** A server's registry of agents on a real store, with a clock that stands still but for `pass`. */
export interface RegistryFixture {
  readonly agents: AgentRegistry;
  readonly store: Store;
  /** Ids of join tokens that count no more. */
  readonly revoked: Set<string>;
  /** The updates that it has told, since it began or a test emptied the list. */
  updates: AgentStatusUpdate[];
  /** The loads that it has told, likewise. */
  loads: AgentLoad[];
  /** Declares an agent's queue. */
  declaring: (agentId: string) => Promise<void>;
  /** Deletes it. */
  deleting: (agentId: string) => Promise<void>;
  /** From now on `agents` is the registry of the next process on the same store. */
  restart(): Promise<void>;
  register(
    agentId?: string,
    more?: {
      instanceId?: string;
      isExclusive?: boolean;
      token?: BoundToken;
      profile?: Partial<AgentProfile>;
    },
  ): Promise<RegisterAgentResponse>;
  beat(agentId: string, incarnation: number, more?: Partial<HeartbeatRequest>): HeartbeatResponse;
  stateOf(agentId: string): string | undefined;
  pass(ms: number): ReturnType<AgentRegistry['expire']>;
}

/** A new one for each test. Call at the top of a `describe`. */
export function registryFixture(): RegistryFixture {
  let ground: Awaited<ReturnType<typeof makeGround>>;
  let clock: number;
  let agents: AgentRegistry;

  beforeEach(async () => {
    ground = await makeGround();
    clock = 1_000_000;
    fixture.declaring = async () => {};
    fixture.deleting = async () => {};
    await fixture.restart();
  });
  afterEach(() => ground.remove());

  const fixture: RegistryFixture = {
    get agents() {
      return agents;
    },
    get store() {
      return ground.store;
    },
    revoked: new Set(),
    updates: [],
    loads: [],
    declaring: async () => {},
    deleting: async () => {},
    async restart() {
      const { store } = ground;
      // Writes keep their order: with this one, those before it are done.
      await store.setAgentState('nobody', 'online');
      agents = createAgentRegistry({
        store,
        logger: silent,
        heartbeatMs: HEARTBEAT_MS,
        maxAgents: MAX_AGENTS,
        isRevoked: (tokenId) => fixture.revoked.has(tokenId),
        declareQueues: (agentId) => fixture.declaring(agentId),
        deleteQueue: (agentId) => fixture.deleting(agentId),
        clock: () => clock,
      });
      await agents.load();
      fixture.updates = [];
      fixture.loads = [];
      agents.onChange((update) => fixture.updates.push(update));
      agents.onLoads((busier) => fixture.loads.push(...busier.map(loadOf)));
    },
    register: (agentId = 'echo', { instanceId = newId(), isExclusive = false, token, profile = {} } = {}) =>
      agents.register({ agentId, isExclusive, instanceId, profile: { ...ECHO, ...profile } }, token),
    beat: (agentId, incarnation, more = {}) =>
      agents.heartbeat({
        agentId,
        incarnation,
        load: 0,
        metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
        state: 'online',
        ...more,
      }),
    stateOf: (agentId) => agents.list().find((agent) => agent.agentId === agentId)?.state,
    pass(ms) {
      clock += ms;
      return agents.expire();
    },
  };
  return fixture;
}

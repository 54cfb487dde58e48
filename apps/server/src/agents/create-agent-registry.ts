import type { RegisterAgentRequest } from '@parley/control-plane';
import type { Logger } from '@parley/process-kit';
import {
  type AgentProfile,
  type AgentState,
  ParleyError,
  type WantedAgentState,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import { claimOf, hearClaim, isElsewhere } from './agent-claim.ts';
import { type AgentEntry, entryOfStored, isAsBusy, looksDifferent, statusOf, toldOf } from './agent-entry.ts';
import { createAgentIds } from './agent-ids.ts';
import { createAgentNames } from './agent-names.ts';
import { createAgentNews } from './agent-news.ts';
import type { AgentRegistry } from './agent-registry.ts';

export interface AgentRegistryOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  /** On the list at once, those that are offline included. @default 1000 */
  readonly maxAgents?: number;
  /** Whether the join token of this id counts no more. @default no token is revoked */
  readonly isRevoked?: (tokenId: string) => boolean;
  /** Makes the queues of an agent that is about to be seen. */
  readonly declareQueues: (agentId: string, profile: AgentProfile) => Promise<void>;
  readonly deleteQueue: (agentId: string) => Promise<void>;
  /** Milliseconds that only go forward: a wall clock that jumps must not end leases. @default performance.now */
  readonly clock?: () => number;
}

/** A closed command stream may be a lost connection: the agent has this long to open it again. */
const RECONNECT_MS = 1000;
/** The last processes that were replaced; one that comes back later than thousands of others is told by its incarnation. */
const FENCED_REMEMBERED = 10_000;

export function createAgentRegistry(options: AgentRegistryOptions): AgentRegistry {
  const {
    store,
    logger,
    heartbeatMs,
    maxAgents = 1000,
    isRevoked = () => false,
    clock = () => performance.now(),
  } = options;
  const leaseMs = heartbeatMs * 2;
  const agents = new Map<string, AgentEntry>();
  /** Processes that have lost their id to another process: they do not get it back, nor a second id. */
  const fenced = new Set<string>();
  const news = createAgentNews();
  const { tell, tellLoads, tellWanted } = news;
  const ids = createAgentIds({ agents, maxAgents, clock });
  const names = createAgentNames(agents);
  // A process that registers as one of them waits for this, or its queue and its place on the list would go with the
  // old ones.
  const forgetting = new Map<string, Promise<void>>();
  let registrations = 0;
  let wantedCount = 0;

  const setState = (entry: AgentEntry, state: AgentState): void => {
    if (entry.state === state) return;
    logger.info({ agentId: entry.agentId, from: entry.state, to: state }, 'an agent changed its state');
    entry.state = state;
    if (state === 'offline') entry.offlineSince = clock();
    // The stored state only speeds up a restart of the server, so a failure may not hold up the agent.
    store.setAgentState(entry.agentId, state).catch((err: unknown) => {
      logger.warn({ err, agentId: entry.agentId }, "an agent's state could not be stored");
    });
    tell([entry]);
  };

  /** The agent is heard here, despite any claim of another server. Returns whether that is new. */
  const isHeardHere = (entry: AgentEntry): boolean => {
    const isNew = entry.server !== undefined;
    entry.server = undefined;
    entry.isHeard = true;
    return isNew;
  };

  const applyWanted = (entry: AgentEntry, wanted: WantedAgentState): void => {
    entry.wanted = wanted;
    entry.wantedAt = ++wantedCount;
    if (entry.state !== 'offline' || (wanted !== 'offline' && entry.leaseUntil > clock()))
      setState(entry, wanted);
  };

  const require = (agentId: string, incarnation?: number): AgentEntry => {
    const entry = agents.get(agentId);
    if (entry === undefined) {
      if (incarnation === undefined)
        throw new ParleyError('unknown_agent', `There is no agent "${agentId}".`);
      throw new ParleyError('not_registered', `"${agentId}" is not registered here.`);
    }
    if (incarnation !== undefined && incarnation < entry.incarnation) {
      throw new ParleyError(
        'stale_incarnation',
        `Incarnation ${incarnation} of "${agentId}" was replaced by ${entry.incarnation}.`,
      );
    }
    // A larger one than is known: this server has lost its registration.
    if (incarnation !== undefined && incarnation > entry.incarnation) {
      throw new ParleyError(
        'not_registered',
        `Incarnation ${incarnation} of "${agentId}" is not registered here.`,
      );
    }
    return entry;
  };

  /** Expels an agent whose join token is over: nothing that it has sent since is taken. */
  const expelIfTokenOver = (entry: AgentEntry): void => {
    const { agentId, token, incarnation } = entry;
    if (token === undefined || (token.expiresAt * 1000 > Date.now() && !isRevoked(token.tokenId))) return;
    logger.warn({ agentId, tokenId: token.tokenId }, 'an agent is expelled: its join token is over');
    const expelled = { ...entry, token: undefined, firstIncarnation: incarnation + 1 };
    agents.set(agentId, { ...expelled, isConnected: false, leaseUntil: clock() });
  };

  const put = (entry: AgentEntry): void => {
    const before = agents.get(entry.agentId)?.instanceId ?? '';
    agents.set(entry.agentId, entry);
    if (before === '' || entry.instanceId === '' || before === entry.instanceId) return;
    fenced.add(before);
    if (fenced.size > FENCED_REMEMBERED) fenced.delete(String(fenced.values().next().value));
  };

  const refuseFenced = (request: RegisterAgentRequest): void => {
    if (!fenced.has(request.instanceId)) return;
    throw new ParleyError(
      'stale_incarnation',
      `Another process has replaced this one as "${request.agentId}".`,
    );
  };

  /** The id for a process that registers, and the group that may have held it until now. */
  const reserve = async (
    request: RegisterAgentRequest,
    isBound: boolean,
  ): Promise<{ agentId: string; heldBy: string; release(): void }> => {
    const foreign = new Set<string>();
    for (;;) {
      const { agentId, release } = ids.reserve({ ...request, isBound }, foreign);
      try {
        const known = agents.get(agentId);
        const ownGroup =
          known?.instanceId === request.instanceId ? known.profile.group : request.profile.group;
        const holder = await store.findAgentGroup(agentId);
        if (holder === undefined || holder.group === ownGroup) return { agentId, heldBy: ownGroup, release };
        // Nothing waits any more for an id that was forgotten. It is not given to somebody who asked for another one.
        if (holder.isRemoved && (isBound || request.isExclusive))
          return { agentId, heldBy: holder.group, release };
      } catch (error) {
        release();
        throw error;
      }
      release();
      foreign.add(agentId);
    }
  };

  /** A process that did not wait for the answer has asked again: an answer to the first would fence off the second. */
  const refuseIfLate = (agentId: string, instanceId: string, registration: number): void => {
    const entry = agents.get(agentId);
    if (entry?.instanceId !== instanceId || entry.registration < registration) return;
    throw new ParleyError('unavailable', `"${agentId}" has registered again meanwhile.`);
  };

  return {
    async register(request, token) {
      refuseFenced(request);
      const registration = ++registrations;
      const { agentId, heldBy, release } = await reserve(request, token !== undefined);
      let name: ReturnType<typeof names.reserve> | undefined;
      try {
        name = names.reserve(agentId, request.profile);
        await forgetting.get(agentId);
        await options.declareQueues(agentId, request.profile);
        refuseIfLate(agentId, request.instanceId, registration);
        const stored = await store.registerAgent(agentId, request.profile, heldBy);
        // The wanted state may have been stored, or heard of, since then.
        const before = agents.get(agentId);
        if (before !== undefined && before.incarnation > stored.incarnation)
          throw new ParleyError('unavailable', `Another process has registered as "${agentId}" meanwhile.`);
        const wanted = before?.wanted ?? stored.wanted;
        const entry: AgentEntry = {
          agentId,
          profile: request.profile,
          instanceId: request.instanceId,
          registration,
          token,
          incarnation: stored.incarnation,
          firstIncarnation:
            before?.instanceId === request.instanceId ? before.firstIncarnation : stored.incarnation,
          state: wanted,
          wanted,
          wantedAt: before?.wantedAt ?? 0,
          server: undefined,
          isHeard: true,
          isConnected: true,
          load: 0,
          metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
          lastSeen: Date.now(),
          leaseUntil: clock() + leaseMs,
          offlineSince: wanted === 'offline' ? clock() : undefined,
        };
        put(entry);
        // At once: people who find it on the list may write to it, and the broker must know of it by then.
        tell([entry]);
        await store.setAgentState(agentId, entry.state);
        logger.info(
          { agentId, name: request.profile.name, incarnation: entry.incarnation },
          'an agent registered',
        );
        return {
          agentId,
          incarnation: entry.incarnation,
          heartbeatMs,
          state: toldOf(entry),
          replaced: before,
        };
      } finally {
        name?.release();
        release();
      }
    },

    async unregister(agentId, incarnation) {
      const entry = require(agentId, incarnation);
      isHeardHere(entry);
      entry.isConnected = false;
      entry.leaseUntil = clock();
      entry.hasLeft = true;
      setState(entry, 'offline');
    },

    heartbeat(request) {
      const entry = require(request.agentId, request.incarnation);
      const isNewHere = isHeardHere(entry);
      entry.lastSeen = Date.now();
      entry.leaseUntil = clock() + leaseMs;
      entry.standsStill = false;
      const hasMoved = !isAsBusy(entry, request);
      entry.load = request.load;
      entry.metrics = request.metrics;
      const state = request.state === 'draining' ? 'draining' : entry.wanted;
      if (entry.state !== state) setState(entry, state);
      else if (isNewHere) tell([entry]);
      else if (hasMoved) tellLoads([entry]);
      return { state: toldOf(entry) };
    },

    setConnected(agentId, incarnation, isConnected) {
      const entry = agents.get(agentId);
      if (entry === undefined || entry.incarnation !== incarnation) return;
      // It has gone over to another server before the end of its stream was noticed here.
      if (!isConnected && entry.server !== undefined) return;
      const isNewHere = isConnected && isHeardHere(entry);
      const hasChanged = isNewHere || entry.isConnected !== isConnected;
      entry.isConnected = isConnected;
      entry.hasStream = isConnected;
      const now = clock();
      if (isConnected) entry.leaseUntil = Math.max(entry.leaseUntil, now + leaseMs);
      else {
        entry.leaseUntil = Math.min(entry.leaseUntil, now + RECONNECT_MS);
        // Taken off the list long ago, it was there until now.
        if (entry.state === 'offline') entry.offlineSince = now;
      }
      if (hasChanged) tell([entry]);
    },

    async want(agentId, wanted) {
      require(agentId);
      // First: an operator who is told that it failed must be able to rely on it.
      await store.setWantedAgentState(agentId, wanted);
      const entry = agents.get(agentId);
      if (entry !== undefined) applyWanted(entry, wanted);
      tellWanted({ agentId, wanted, isOrderedHere: true });
    },
    learnWanted(agentId, wanted, asOf = wantedCount) {
      const entry = agents.get(agentId);
      if (entry === undefined || entry.wanted === wanted || entry.wantedAt > asOf) return;
      applyWanted(entry, wanted);
      tellWanted({ agentId, wanted, isOrderedHere: false });
    },
    wantedAt: () => wantedCount,
    onWanted: news.onWanted,

    async forget(agentId) {
      const entry = agents.get(agentId);
      if (entry === undefined || ids.isReserved(agentId)) return false;
      const over = Promise.withResolvers<void>();
      forgetting.set(agentId, over.promise);
      // Before the store: if it is there all the same, it is told with its next heartbeat to register anew.
      agents.delete(agentId);
      let isForgotten = false;
      try {
        const isRemoved = await store.removeAgent(agentId, entry.incarnation);
        // Another server has it now, and has told of it, or is about to.
        if (!isRemoved || agents.has(agentId)) return false;
        tell([], [agentId]);
        await options.deleteQueue(agentId);
        isForgotten = true;
        return true;
      } finally {
        forgetting.delete(agentId);
        over.resolve();
        if (!isForgotten && !agents.has(agentId)) {
          agents.set(agentId, entry);
          tell([entry]);
        }
      }
    },

    require,
    get: (agentId) => agents.get(agentId),
    wasHere(agentId, incarnation) {
      const entry = agents.get(agentId);
      return entry?.incarnation === incarnation && entry.isHeard;
    },
    isAlive(agentId, incarnation) {
      const entry = agents.get(agentId);
      if (entry === undefined || (incarnation !== undefined && entry.incarnation !== incarnation))
        return false;
      return entry.isHeard && entry.leaseUntil > clock();
    },
    list: () => [...agents.values()].map(statusOf),
    get revision() {
      return news.revision;
    },
    claims(agentIds) {
      const now = clock();
      const named = agentIds?.flatMap((agentId) => agents.get(agentId) ?? []);
      const entries = named ?? [...agents.values()].filter(({ leaseUntil }) => leaseUntil > now);
      return entries
        .filter((entry) => entry.isHeard && entry.server === undefined)
        .map((entry) => claimOf(entry, now));
    },
    hear(serverId, said, vouchMs) {
      const now = clock();
      const changed: AgentEntry[] = [];
      const busier: AgentEntry[] = [];
      for (const claim of said.agents) {
        const known = agents.get(claim.agentId);
        const entry = hearClaim(known, claim, { serverId, now, vouchMs });
        if (entry === undefined) continue;
        put(entry);
        if (looksDifferent(known, entry)) changed.push(entry);
        else if (!isAsBusy(known, entry)) busier.push(entry);
      }
      const removed = said.removed.filter((agentId) => {
        const known = agents.get(agentId);
        const isThere = known !== undefined && known.leaseUntil > now;
        return !isThere && agents.delete(agentId);
      });
      if (changed.length > 0 || removed.length > 0) tell(changed, removed);
      if (busier.length > 0) tellLoads(busier);
    },
    prolong(vouchMs) {
      const now = clock();
      for (const entry of agents.values()) {
        if (isElsewhere(entry, now)) entry.leaseUntil = now + vouchMs;
      }
    },

    onChange: news.onChange,
    onLoads: news.onLoads,

    async load() {
      const now = clock();
      for (const stored of await store.listAgents()) {
        agents.set(stored.agentId, entryOfStored(stored, now, leaseMs));
      }
    },

    expire() {
      for (const entry of [...agents.values()]) expelIfTokenOver(entry);
      const now = clock();
      const offline: { agentId: string; offlineForMs: number }[] = [];
      for (const entry of agents.values()) {
        if (entry.leaseUntil <= now) {
          if (entry.server !== undefined) entry.isConnected = false;
          if (entry.state !== 'offline') entry.standsStill = entry.hasStream === true;
          setState(entry, 'offline');
        }
        if (entry.state === 'offline' && !isElsewhere(entry, now)) {
          offline.push({ agentId: entry.agentId, offlineForMs: now - (entry.offlineSince ?? now) });
        }
      }
      return offline;
    },
  };
}

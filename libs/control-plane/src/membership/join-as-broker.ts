import { type AgentStatus, isAsNewAs, ParleyError } from '@parley/shared-models';
import { type ControlPlaneClientOptions, createControlPlaneClient } from '../client/create-client.ts';
import type { AgentStatusUpdate } from '../contracts/status.ts';
import { untilAborted } from '../until-aborted.ts';
import { keepConnected, pause } from './keep-connected.ts';
import type { MemberQueue } from './member-queue.ts';
import { isRefusal } from './refusals.ts';
import { settleWithin } from './settle-within.ts';
import { untilFirstEnds } from './until-first-ends.ts';

export interface JoinAsBrokerOptions extends ControlPlaneClientOptions {
  /** Random, one per process. */
  readonly brokerId: string;
  /** The name that operators see. */
  readonly name: string;
  /** The queue on which it is. @default not said: a server with a queue of its own refuses that */
  readonly queue?: MemberQueue | undefined;
  /** All agents by id, after every change. The map is the membership's own and changes later. */
  onAgents?(agents: ReadonlyMap<string, AgentStatus>): void;
  /**
   * The server refuses this broker for a reason that waiting does not mend, e.g. `unauthenticated`. It is tried again
   * all the same, since the server may be restarted with other settings, until `stop` is called.
   */
  onRefused?(error: ParleyError): void;
}

export interface BrokerMembership {
  /** All agents by id, as the server last said; kept while the server is away. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  /** Whether changes arrive: false while the server is away. */
  readonly isConnected: boolean;
  /**
   * Resolves after the first full list of agents.
   * @throws ParleyError `cancelled` when the membership ends before
   */
  whenReady(): Promise<void>;
  /**
   * Undefined where the agents are known as of this revision, or nothing newer is to be heard: the server is away, or
   * another one has said it. Else resolves once one of that is so, or after `timeoutMs`; never rejects.
   */
  caughtUp(revision: string, timeoutMs: number): Promise<void> | undefined;
  /**
   * Unregisters, then stops. Never rejects.
   * @param timeoutMs in milliseconds. @default 2000
   */
  leave(timeoutMs?: number): Promise<void>;
  /** Stops without unregistering: the server sees the end of the stream. Idempotent, never rejects. */
  stop(): Promise<void>;
}

/**
 * Registers as a broker and follows the agents, through lost connections and restarted servers. Returns at once; a
 * server that is away is waited for.
 */
export function joinAsBroker(options: JoinAsBrokerOptions): BrokerMembership {
  const { brokerId, name, logger } = options;
  const client = createControlPlaneClient(options);
  const halt = new AbortController();
  const cut = new AbortController();
  const agents = new Map<string, AgentStatus>();
  const ready = Promise.withResolvers<void>();
  // The caller that awaits readiness gets the rejection; where nothing awaits it, it is not an unhandled rejection.
  ready.promise.catch(() => undefined);
  const registered = Promise.withResolvers<void>();
  let isConnected = false;
  /** Of `agents`. */
  let known = '';
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const waiter of [...waiting]) waiter();
  };

  const apply = (update: AgentStatusUpdate): void => {
    if (update.isFull) agents.clear();
    for (const agent of update.agents) agents.set(agent.agentId, agent);
    for (const agentId of update.removed) agents.delete(agentId);
    for (const { agentId, ...load } of update.loads ?? []) {
      const agent = agents.get(agentId);
      if (agent !== undefined) agents.set(agentId, { ...agent, ...load });
    }
    known = update.revision ?? '';
    options.onAgents?.(agents);
    look();
  };
  const register = async (): Promise<number> => {
    const request = { brokerId, name, queue: options.queue?.name() };
    return (await client.registerBroker(request, cut.signal)).heartbeatMs;
  };
  const follow = async (signal: AbortSignal, onJoined: () => void): Promise<void> => {
    const request = { subscriberId: brokerId, readsLoads: true };
    for await (const update of client.subscribeToAgentStatus(request, { signal })) {
      apply(update);
      if (!update.isFull) continue;
      isConnected = true;
      onJoined();
      ready.resolve();
    }
  };
  const stayRegistered = async (signal: AbortSignal, firstMs: number): Promise<void> => {
    let heartbeatMs = firstMs;
    while (!signal.aborted) {
      await pause(heartbeatMs, signal);
      if (!signal.aborted) heartbeatMs = await register();
    }
  };

  const done = keepConnected({
    client,
    logger,
    who: `broker "${name}"`,
    url: options.url,
    signal: halt.signal,
    async session(signal, onJoined) {
      try {
        const heartbeatMs = await register();
        registered.resolve();
        await untilFirstEnds(signal, [
          (inner) => follow(inner, onJoined),
          (inner) => stayRegistered(inner, heartbeatMs),
        ]);
      } finally {
        isConnected = false;
        look();
      }
    },
    mayRetry(error) {
      if (isRefusal(error)) options.onRefused?.(error);
      return true;
    },
  });

  options.queue?.attach?.(async (signal) => {
    await untilAborted(() => registered.promise, signal);
    return client.connectQueue({ brokerId }, { signal });
  });

  const close = async (): Promise<void> => {
    cut.abort();
    client.close();
    await done;
    ready.reject(new ParleyError('cancelled', 'The broker left before it knew the agents.'));
  };
  return {
    agents,
    get isConnected() {
      return isConnected;
    },
    whenReady: () => ready.promise,
    caughtUp(revision, timeoutMs) {
      const isEnough = (): boolean => !isConnected || isAsNewAs(known, revision);
      if (isEnough()) return undefined;
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(late);
          waiting.delete(waiter);
          resolve();
        };
        const late = setTimeout(end, timeoutMs);
        const waiter = (): void => {
          if (isEnough()) end();
        };
        waiting.add(waiter);
      });
    },
    async leave(timeoutMs = 2_000) {
      const isFirst = !halt.signal.aborted;
      halt.abort();
      if (isFirst) {
        await settleWithin(timeoutMs, logger, 'could not unregister', async () => {
          await done;
          await client.unregisterBroker({ brokerId }, cut.signal);
        });
      }
      await close();
    },
    async stop() {
      halt.abort();
      await close();
    },
  };
}

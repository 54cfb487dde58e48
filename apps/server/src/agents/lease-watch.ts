import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { AGENT_TIMEOUT_MS, agentQueue, type QueueDepth } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { AgentRegistry } from './agent-registry.ts';
import { reclaimQueue } from './queue-reclaim.ts';

export interface LeaseWatchOptions {
  readonly registry: AgentRegistry;
  readonly bus: MessageBus;
  readonly store: Pick<Store, 'commands'>;
  /** Has a message that this agent had routed again, and tells whether it was open and the agent's. */
  readonly routeAgain: (messageId: string, agentId: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  /** One that stands still and has no sibling that is online keeps its messages for its own `timeoutMs`, if that is longer. */
  readonly graceMs: number;
  readonly forgetMs: number;
  /** Between two looks at the queues of those that are gone, in milliseconds; a look is a round trip. @default 1000 */
  readonly queueLookMs?: number;
}

const NOTHING = { ready: 0, consumers: 0 };

/**
 * Marks agents whose lease ran out as offline; after the grace time has their waiting messages routed again; after
 * the forget time takes them off the list with their queue.
 */
export function startLeaseWatch(options: LeaseWatchOptions): { stop(): Promise<void> } {
  const { registry, bus, store, routeAgain, logger, graceMs, queueLookMs = 1000 } = options;
  const expiryMs = Math.min(500, Math.max(50, options.heartbeatMs / 5));
  const reclaims = new Map<string, Promise<void>>();
  let isStopped = false;
  let queueTimer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const isGone = (agentId: string): boolean => !isStopped && registry.get(agentId)?.state === 'offline';

  /** For how long an agent that is offline keeps its waiting messages, in milliseconds. */
  const graceOf = (agentId: string): number => {
    const entry = registry.get(agentId);
    // One that an operator took off the list does not come back by itself.
    if (entry === undefined || entry.wanted === 'offline') return 0;
    if (!entry.standsStill) return graceMs;
    // It may be about to answer, and nobody else could.
    const { group, timeoutMs = AGENT_TIMEOUT_MS } = entry.profile;
    const hasSibling = registry.list().some((other) => other.group === group && other.state === 'online');
    return hasSibling ? graceMs : Math.max(graceMs, timeoutMs);
  };

  const lookAfter = async (
    agentId: string,
    offlineForMs: number,
    { ready, consumers }: Pick<QueueDepth, 'ready' | 'consumers'>,
  ): Promise<void> => {
    // Not heard of here, and somebody takes from its queue: it is there, at another server.
    if (consumers > 0 && registry.get(agentId)?.isHeard !== true) return;
    if (ready > 0) {
      await reclaimQueue(agentId, { bus, routeAgain, logger, isGone: () => isGone(agentId) });
      return;
    }
    if (offlineForMs < options.forgetMs || !isGone(agentId)) return;
    // Taken off by an operator, it goes on with its heartbeats: forgotten, it would register anew.
    if (registry.get(agentId)?.isConnected) return;
    // Another group may get its id afterwards, and must not get the commands for this agent.
    if ((await store.commands.listOpen(agentId)).length > 0) return;
    if (await registry.forget(agentId)) logger.info({ agentId }, 'forgot an agent that was offline for long');
  };

  const lookAtQueues = async (): Promise<void> => {
    if (bus.health().state === 'down') return;
    const due = registry.expire().filter(({ agentId, offlineForMs }) => {
      return offlineForMs >= graceOf(agentId) && !reclaims.has(agentId);
    });
    if (due.length === 0) return;
    const depths = new Map((await bus.depths()).map((depth) => [depth.name, depth]));
    for (const { agentId, offlineForMs } of due) {
      const reclaim = lookAfter(agentId, offlineForMs, depths.get(agentQueue(agentId)) ?? NOTHING)
        .catch((err: unknown) =>
          logger.warn({ err, agentId }, 'looking after a gone agent failed; trying again'),
        )
        .finally(() => reclaims.delete(agentId));
      reclaims.set(agentId, reclaim);
    }
  };

  const run = (): void => {
    looking = lookAtQueues()
      .catch((err: unknown) =>
        logger.warn({ err }, 'looking at the queues of gone agents failed; trying again'),
      )
      .finally(() => {
        if (!isStopped) queueTimer = setTimeout(run, queueLookMs);
      });
  };
  run();
  const expiryTimer = setInterval(() => registry.expire(), expiryMs);

  return {
    async stop() {
      isStopped = true;
      clearInterval(expiryTimer);
      clearTimeout(queueTimer);
      await looking;
      await Promise.all(reclaims.values());
    },
  };
}

import { joinAsBroker } from '@parley/control-plane';
import type { LanguageModel } from '@parley/language-model';
import type { MessageBus, Subscription } from '@parley/messaging';
import { type Logger, memberTls, type RunningProcess } from '@parley/process-kit';
import { createIntentScorer } from '@parley/routing';
import { type AgentStatus, BROKER_INPUT_QUEUE, newId } from '@parley/shared-models';
import { createBrokerInputHandler } from './broker-input-queue.ts';
import type { BrokerConfig } from './config.ts';
import { createModelQuestion } from './model-question.ts';

/** The server tells connected members at once; the broker waits no longer than this, in milliseconds. */
const CATCH_UP_MS = 2000;

/**
 * Joins the server and, once it knows the agents, takes from `broker_input_queue`. Resolves at once: a server that is
 * away is waited for. The bus belongs to the caller, who closes it after `stop`. A language model that can classify
 * decides the messages whose words do not.
 */
export function startBroker(
  config: BrokerConfig,
  ports: { bus: MessageBus; logger: Logger; languageModel?: LanguageModel },
): RunningProcess {
  const { bus, logger, languageModel } = ports;
  const assigned = createAssignmentCounter();
  const absences = createAbsenceClock();
  const membership = joinAsBroker({
    url: config.GRPC_URL,
    ...(config.JOIN_TOKEN === undefined ? {} : { joinToken: config.JOIN_TOKEN }),
    tls: memberTls(config),
    brokerId: newId(),
    name: config.BROKER_NAME,
    queue: bus,
    logger,
    onAgents: (agents) => {
      assigned.update(agents);
      absences.update(agents);
    },
  });

  const stopped = new AbortController();
  const handle = createBrokerInputHandler(
    bus,
    {
      agents: () => membership.agents.values(),
      recentlyAssigned: (agentId) => assigned.of(agentId),
      offlineForMs: (agentId) => absences.of(agentId),
      onAssigned: (agentId) => assigned.add(agentId),
      caughtUp: (revision) => membership.caughtUp(revision, CATCH_UP_MS),
      graceMs: config.AGENT_GRACE_MS,
      scoreIntent: createIntentScorer(),
      // The other half of the messages in hand is kept for those that need not wait.
      maxWaiting: Math.floor(config.BROKER_PREFETCH / 2),
      ...(languageModel === undefined
        ? {}
        : {
            modelQuestion: createModelQuestion({
              model: languageModel,
              timeoutMs: config.ROUTING_MODEL_TIMEOUT_MS,
              signal: stopped.signal,
              logger,
            }),
          }),
    },
    { signal: stopped.signal, logger },
  );

  let subscription: Subscription | undefined;
  let isStopped = false;
  // Without the list of agents every message would fail for want of one.
  const consuming = membership.whenReady().then(async () => {
    if (isStopped) return;
    subscription = await bus.consume(BROKER_INPUT_QUEUE, handle, { prefetch: config.BROKER_PREFETCH });
    // It was told to stop meanwhile.
    if (isStopped) await subscription.close({ timeoutMs: 0 });
    logger.info({ agents: membership.agents.size }, 'routing');
  });
  const ended = consuming.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => {
      if (isStopped) return new Promise<never>(() => {});
      throw error;
    },
  );

  return {
    ended,
    async drain(timeoutMs) {
      isStopped = true;
      await subscription?.close({ timeoutMs });
      await membership.leave();
    },
    async stop() {
      isStopped = true;
      stopped.abort();
      await subscription?.close({ timeoutMs: 0 });
      await membership.stop();
    },
  };
}

/** Counts the messages given to each agent since its last reported load, which is up to a heartbeat old. */
interface AssignmentCounter {
  add(agentId: string): void;
  /** Forgets the counts of the agents that have been heard of since. */
  update(agents: ReadonlyMap<string, AgentStatus>): void;
  of(agentId: string): number;
}

export function createAssignmentCounter(): AssignmentCounter {
  const counts = new Map<string, { count: number; lastSeen: string }>();
  let known: ReadonlyMap<string, AgentStatus> = new Map();
  return {
    add(agentId) {
      const entry = counts.get(agentId);
      if (entry === undefined)
        counts.set(agentId, { count: 1, lastSeen: known.get(agentId)?.lastSeen ?? '' });
      else entry.count += 1;
    },
    update(agents) {
      known = agents;
      for (const [agentId, entry] of counts) {
        if (agents.get(agentId)?.lastSeen !== entry.lastSeen) counts.delete(agentId);
      }
    },
    of: (agentId) => counts.get(agentId)?.count ?? 0,
  };
}

/** Measures how long agents have been offline, on a clock that only goes forward and is this process's own. */
interface AbsenceClock {
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
        // Only the server's wall clock tells since when an agent was offline before this process started.
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

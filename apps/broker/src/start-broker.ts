import { joinAsBroker } from '@parley/control-plane';
import type { LanguageModel } from '@parley/language-model';
import type { MessageBus, Subscription } from '@parley/messaging';
import { type Logger, memberTls, type RunningProcess } from '@parley/process-kit';
import { createIntentScorer } from '@parley/routing';
import { BROKER_INPUT_QUEUE, newId } from '@parley/shared-models';
import { createAbsenceClock } from './absence-clock.ts';
import { createAssignmentCounter } from './assignment-counter.ts';
import { createBrokerInputHandler } from './broker-input-queue.ts';
import type { BrokerConfig } from './config.ts';
import { createModelQuestion } from './model-question.ts';

/** Who is connected to the server hears from it at once; longer than this it is not waited for, in milliseconds. */
const CATCH_UP_MS = 2000;

/**
 * Joins the server and, once it knows the agents, takes from `broker_input_queue`. Resolves at once: a server that
 * is away is waited for. The bus belongs to the caller, who closes it after `stop`. A language model that can classify
 * decides what the words of a message leave open.
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
      // The other half of what may be in hand stays for those who need not wait.
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

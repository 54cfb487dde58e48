import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { type AgentStatus, SIGNAL_KEYS, Signals } from '@parley/shared-models';
import type { Store } from '@parley/store';
import type { BrokerRegistry } from '../brokers/broker-registry.ts';
import type { AgentRegistry } from './agent-registry.ts';

/**
 * Servers tell one another which agents and brokers each of them hears, and the states that operators want for
 * agents.
 */
export interface AgentExchange {
  /** To be called when the registry has loaded the stored agents. */
  start(): void;
  stop(): Promise<void>;
}

export interface AgentExchangeOptions {
  readonly serverId: string;
  readonly agents: AgentRegistry;
  readonly brokers: BrokerRegistry;
  readonly store: Pick<Store, 'listAgents'>;
  readonly bus: MessageBus;
  readonly logger: Logger;
  /** Milliseconds between two times that everything is told. @default 5000 */
  readonly announceMs?: number;
}

const ANNOUNCE_MS = 5000;
/** Of one signal. */
const AGENTS_AT_ONCE = 50;

export async function createAgentExchange(options: AgentExchangeOptions): Promise<AgentExchange> {
  const { serverId, agents, brokers, store, bus, logger, announceMs = ANNOUNCE_MS } = options;
  /** A server's claims hold for this long, in milliseconds, unless it repeats them. */
  const vouchMs = 3 * announceMs;
  const others = new Map<string, number>();
  /** Agents of others whose queues this server looks at, since it may have to look after them. */
  const declared = new Set<string>();
  let declaring: Promise<void> = Promise.resolve();
  let isHearing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> = Promise.resolve();

  const tell = (agentIds: readonly string[] | undefined, removed: readonly string[] = []): void => {
    const claims = agents.claims(agentIds);
    for (let at = 0; at === 0 || at < claims.length; at += AGENTS_AT_ONCE) {
      const some = claims.slice(at, at + AGENTS_AT_ONCE);
      const body = { serverId, agents: some, removed, brokers: brokers.own() };
      bus.signal({ type: 'server.agents', key: SIGNAL_KEYS.agents, body: bodyOf(body) });
    }
  };
  // With nobody to tell it to, only that this server is there.
  const announce = (): void => tell(others.size > 0 ? undefined : []);

  const tellOf = (changed: readonly AgentStatus[], removed: readonly string[]): void => {
    if (isHearing || others.size === 0) return;
    const heard = agents.claims(changed.map(({ agentId }) => agentId));
    if (heard.length > 0 || removed.length > 0)
      tell(
        heard.map(({ agentId }) => agentId),
        removed,
      );
  };

  /** A bus tells the depth of those queues only that it has declared. */
  const declareQueues = (agentIds: readonly string[]): void => {
    for (const agentId of agentIds) {
      if (declared.has(agentId)) continue;
      declared.add(agentId);
      declaring = declaring
        .then(() => (isStopped ? undefined : bus.declareAgentQueue(agentId)))
        .catch((err: unknown) => {
          declared.delete(agentId);
          logger.warn({ err, agentId }, "the queue of another server's agent could not be looked at");
        });
    }
  };

  const hear = (type: string, body: unknown): void => {
    if (type === 'agent.wanted') {
      const { serverId: from, agentId, wanted } = Signals['agent.wanted'].parse(body);
      if (from !== serverId) agents.learnWanted(agentId, wanted);
    } else if (type === 'server.agents') {
      const heard = Signals['server.agents'].parse(body);
      if (heard.serverId === serverId) return;
      const isNew = !others.has(heard.serverId);
      others.set(heard.serverId, performance.now());
      agents.hear(heard.serverId, heard, vouchMs);
      for (const agentId of heard.removed) declared.delete(agentId);
      declareQueues(heard.agents.filter(({ isAlive }) => isAlive).map(({ agentId }) => agentId));
      brokers.hear(heard.serverId, heard.brokers, vouchMs);
      if (isNew) announce();
    }
  };

  const subscription = await bus.subscribe(`server_agents_${serverId}`, ({ type, body }) => {
    // Claims of other servers are not announced again.
    isHearing = true;
    try {
      hear(type, JSON.parse(Buffer.from(body).toString('utf8')));
    } catch (err) {
      logger.warn({ err, type }, 'a signal of another server about agents was dropped');
    } finally {
      isHearing = false;
    }
  });

  const stopListening = [
    agents.onChange(({ agents: changed, removed }) => tellOf(changed, removed)),
    agents.onLoads((changed) => tellOf(changed, [])),
    agents.onWanted(({ agentId, wanted, isOrderedHere }) => {
      if (!isOrderedHere) return;
      const body = bodyOf({ serverId, agentId, wanted });
      bus.signal({ type: 'agent.wanted', key: SIGNAL_KEYS.agents, body });
    }),
    brokers.onChange(() => {
      if (others.size > 0) tell([]);
    }),
    bus.onHealth(({ state }) => {
      if (state === 'up') announce();
    }),
  ];

  /** A signal about a wanted state may be lost; the store has the state. */
  const readWanted = async (): Promise<void> => {
    const asOf = agents.wantedAt();
    for (const { agentId, wanted } of await store.listAgents()) agents.learnWanted(agentId, wanted, asOf);
  };

  const tick = (): void => {
    const now = performance.now();
    // While nothing can be heard, silence says nothing.
    if (bus.health().state === 'down') {
      for (const other of others.keys()) others.set(other, now);
      agents.prolong(vouchMs);
      brokers.prolong(vouchMs);
      return;
    }
    for (const [other, at] of others) if (now - at > vouchMs) others.delete(other);
    announce();
    if (others.size === 0) return;
    reading = reading.then(readWanted).catch((err: unknown) => {
      logger.warn({ err }, 'the wanted states of agents could not be read; trying again');
    });
  };

  let binding: Promise<void> = Promise.resolve();
  return {
    start() {
      binding = subscription
        .bind(SIGNAL_KEYS.agents)
        .then(() => {
          if (isStopped) return;
          announce();
          timer = setInterval(tick, announceMs);
        })
        .catch((err: unknown) => {
          if (!isStopped)
            logger.error({ err }, 'the signals of other servers about agents could not be bound');
        });
    },
    async stop() {
      isStopped = true;
      for (const stop of stopListening) stop();
      clearInterval(timer);
      await subscription.close();
      await binding;
      clearInterval(timer);
      await Promise.all([reading, declaring]);
    },
  };
}

const bodyOf = (body: unknown): Uint8Array => Buffer.from(JSON.stringify(body));

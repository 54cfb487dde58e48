import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import type { Store } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { hasSignIn, type ServerConfig } from '../config.ts';
import type { CommandStreams } from '../grpc/command-streams.ts';
import { type AgentProcesses, createAgentProcesses } from './agent-processes.ts';
import { type AgentReports, createAgentReports } from './agent-reports.ts';
import { createCommandDelivery } from './command-delivery.ts';
import { type CommandHub, createCommandHub } from './command-hub.ts';
import { createCommandWatch } from './command-watch.ts';
import { createOperatorRequests, type OperatorRequests } from './operator-requests.ts';

/** Commands to agents: the requests of operators, the delivery, and the reports of agents. */
export interface CommandService {
  readonly operators: OperatorRequests;
  readonly hub: CommandHub;
  readonly reports: AgentReports;
  readonly processes: AgentProcesses;
  /** Brings waiting commands to the agent, which may take them now. */
  kick(agentId: string): void;
  /** Begins to look after commands that have not ended. */
  start(): void;
  stop(): Promise<void>;
}

export async function createCommandService(options: {
  readonly serverId: string;
  readonly config: ServerConfig;
  readonly store: Store;
  readonly bus: MessageBus;
  readonly agents: AgentRegistry;
  readonly streams: CommandStreams;
  readonly logger: Logger;
}): Promise<CommandService> {
  const { serverId, config, store, bus, agents, streams, logger } = options;
  const { commands } = store;
  const outputLimitBytes = config.COMMAND_OUTPUT_BYTES;
  const hub = await createCommandHub({
    serverId,
    commands,
    bus,
    logger,
    onForeignChange: (agentId) => delivery.kick(agentId),
  });
  const delivery = createCommandDelivery({ commands, agents, streams, hub, logger, outputLimitBytes });
  const watch = createCommandWatch({
    commands,
    agents,
    delivery,
    hub,
    logger,
    heartbeatMs: config.HEARTBEAT_MS,
    queueTtlMs: config.COMMAND_QUEUE_TTL_MS,
    approvalTtlMs: config.COMMAND_APPROVAL_TTL_MS,
  });
  return {
    operators: createOperatorRequests({ store, agents, hub, delivery, hasSignIn: hasSignIn(config) }),
    hub,
    reports: createAgentReports({ commands, hub, delivery, outputLimitBytes }),
    processes: createAgentProcesses({ commands, agents, delivery, watch }),
    kick: delivery.kick,
    start: watch.start,
    async stop() {
      await watch.stop();
      await delivery.stop();
      await hub.stop();
    },
  };
}

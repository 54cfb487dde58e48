import { setTimeout as delay } from 'node:timers/promises';
import { AgentConfig } from '@parley/agent';
import { defineAgent, startAgent } from '@parley/agent-kit';
import { connectBus } from '@parley/messaging';
import { createLogger, loadConfig, main, runUntilSignal } from '@parley/process-kit';
import { chaoticBus } from './chaotic-bus.ts';
import { allowClockJumps } from './clock-jumps.ts';
import { faultSettings } from './fault-settings.ts';

/** An agent that takes a moment for each answer, so that faults find it at work. Instances share the group `worker`. */
const worker = defineAgent({
  name: 'Worker',
  concurrency: 16,
  async onMessage({ text, signal }) {
    await delay(5, undefined, { signal });
    return text;
  },
});

allowClockJumps();
await main(async () => {
  const config = loadConfig(AgentConfig);
  const logger = createLogger('agent', config.LOG_LEVEL);
  const bus = await connectBus({
    amqpUrl: config.AMQP_URL,
    amqpConnections: 1,
    logger,
  });
  const agent = startAgent({
    definition: worker,
    bus: chaoticBus(bus, faultSettings()),
    grpcUrl: config.GRPC_URL,
    id: process.env.AGENT_ID,
    logger,
  });
  runUntilSignal(
    { ...agent, stop: () => agent.stop().finally(() => bus.close()) },
    { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS },
  );
});

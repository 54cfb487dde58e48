import { startAgent } from '@parley/agent-kit';
import { connectBus } from '@parley/messaging';
import { createLogger, describeConfig, loadConfig, main, runUntilSignal } from '@parley/process-kit';
import { parseArguments, USAGE } from './arguments.ts';
import { AgentConfig } from './config.ts';
import { loadDefinition } from './load-definition.ts';

await main(async () => {
  const args = parseArguments(process.argv.slice(2));
  if (args.isHelp) {
    process.stdout.write(`${USAGE}\nSettings, from the environment:\n${describeConfig(AgentConfig)}\n`);
    return;
  }
  const config = loadConfig(AgentConfig);
  const logger = createLogger('agent', config.LOG_LEVEL);
  const definition = await loadDefinition(args, config);
  const bus = await connectBus({ amqpUrl: config.AMQP_URL, dataDir: config.DATA_DIR, logger });
  const agent = startAgent({
    definition,
    bus,
    grpcUrl: config.GRPC_URL,
    joinToken: config.JOIN_TOKEN,
    name: args.name,
    id: args.id,
    logger,
  });
  runUntilSignal(
    { ...agent, stop: () => agent.stop().finally(() => bus.close()) },
    { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS },
  );
});

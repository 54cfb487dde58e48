import { startAgent } from '@parley/agent-kit';
import { connectBus } from '@parley/messaging';
import {
  accessTokenFor,
  createLogger,
  describeConfig,
  environmentOutOfSight,
  loadConfig,
  main,
  memberTls,
  resolveUserPath,
  runUntilSignal,
} from '@parley/process-kit';
import { parseArguments, SHELL, USAGE } from './arguments.ts';
import { AgentConfig } from './config.ts';
import { shippedDefinition } from './load-definition.ts';
import { loadOwnFile } from './own-file/load-own-file.ts';
import { watchOwnFile } from './own-file/watch-own-file.ts';

await main(async () => {
  const args = parseArguments(process.argv.slice(2));
  if (args.isHelp) {
    process.stdout.write(`${USAGE}\nSettings, from the environment:\n${describeConfig(AgentConfig)}\n`);
    return;
  }
  // Only the shell agent runs other people's commands.
  const env = args.use === SHELL ? environmentOutOfSight(AgentConfig) : process.env;
  const config = loadConfig(AgentConfig, env);
  const logger = createLogger('agent', config.LOG_LEVEL);
  const file = args.file === undefined ? undefined : resolveUserPath(args.file);
  // Before the code that uses it: the shipped agents ask the server for its list.
  config.JOIN_TOKEN ??= await accessTokenFor(config.GRPC_URL, config.DATA_DIR);
  const own = file === undefined ? undefined : await loadOwnFile(file, new AbortController().signal);
  const definition = own === undefined ? await shippedDefinition(args, config, logger) : own.definition();
  const bus = await connectBus({
    amqpUrl: config.AMQP_URL,
    amqpConnections: 1,
    logger,
  });
  const agent = startAgent({
    definition,
    bus,
    grpcUrl: config.GRPC_URL,
    joinToken: config.JOIN_TOKEN,
    tls: memberTls(config),
    name: args.name,
    id: args.id,
    isolation:
      file === undefined
        ? undefined
        : { module: new URL('./own-file/thread-definition.ts', import.meta.url).href, data: file },
    logger,
  });
  const endWatch =
    file === undefined || own === undefined
      ? undefined
      : watchOwnFile({ file, loaded: own, logger, onChange: (changed) => agent.update(changed) });
  const stop = async (): Promise<void> => {
    await endWatch?.();
    await agent.stop().finally(() => bus.close());
  };
  runUntilSignal({ ...agent, stop }, { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
});

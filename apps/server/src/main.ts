import { connectBus } from '@parley/messaging';
import {
  createLogger,
  describeConfig,
  loadConfig,
  main,
  runUntilSignal,
  warnOfOpenFolder,
} from '@parley/process-kit';
import { openStore } from '@parley/store';
import { ServerConfig } from './config.ts';
import { startServer } from './start-server.ts';
import { describeAccess } from './users/local-access.ts';

await main(async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `The Parley server. Settings, from the environment:\n${describeConfig(ServerConfig)}\n`,
    );
    return;
  }
  const config = loadConfig(ServerConfig);
  const logger = createLogger('server', config.LOG_LEVEL);
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR, logger });
  const bus = await connectBus({
    amqpUrl: config.AMQP_URL,
    managementUrl: config.RABBITMQ_MANAGEMENT_URL,
    dataDir: config.DATA_DIR,
    logger,
  });
  await warnOfOpenFolder(config.DATA_DIR, logger);
  const server = await startServer(config, { bus, store, logger });
  const { address, others } = await describeAccess(config, server.url, server.accessToken);
  // For people: a log would keep the token.
  if (address !== server.url) process.stdout.write(`\n  Open ${address}\n\n`);
  else if (others !== undefined) logger.debug(others);
  const stop = async (): Promise<void> => {
    await server.stop();
    await bus.close();
    await store.close();
  };
  runUntilSignal({ ...server, stop }, { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
});

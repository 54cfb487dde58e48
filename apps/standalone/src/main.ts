import { connectBus } from '@parley/messaging';
import {
  createLogger,
  describeConfig,
  loadConfig,
  main,
  runUntilSignal,
  warnOfOpenFolder,
} from '@parley/process-kit';
import { describeAccess } from '@parley/server';
import { openStore } from '@parley/store';
import { StandaloneConfig } from './config.ts';
import { startStandalone } from './start-standalone.ts';

await main(async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `Parley in one process. Settings, from the environment:\n${describeConfig(StandaloneConfig)}\n`,
    );
    return;
  }
  const config = loadConfig(StandaloneConfig);
  const logger = createLogger('parley', config.LOG_LEVEL);
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR, logger });
  const bus = await connectBus({ amqpUrl: config.AMQP_URL, dataDir: config.DATA_DIR, logger });
  await warnOfOpenFolder(config.DATA_DIR, logger);
  const parley = await startStandalone(config, {
    bus,
    store,
    createLogger: (service) => createLogger(service, config.LOG_LEVEL),
  });
  const stop = async (): Promise<void> => {
    await parley.stop();
    await bus.close();
    await store.close();
  };
  // From here on a signal drains: messages may be in hand already.
  runUntilSignal({ ...parley, stop }, { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
  const { address, others } = await describeAccess(config, parley.url, parley.accessToken);
  const lines = [
    `Parley is ready: open ${address}`,
    ...(others === undefined ? [] : [others]),
    'Ctrl+C stops it.',
  ];
  process.stdout.write(`\n${lines.map((line) => `  ${line}\n`).join('')}\n`);
});

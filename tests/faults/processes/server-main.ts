import { connectBus } from '@parley/messaging';
import { createLogger, loadConfig, main, runUntilSignal } from '@parley/process-kit';
import { ServerConfig, startServer } from '@parley/server';
import { openStore } from '@parley/store';
import { brokenStore } from './broken-store.ts';
import { chaoticBus } from './chaotic-bus.ts';
import { allowClockJumps } from './clock-jumps.ts';
import { faultSettings } from './fault-settings.ts';

/** The server as in `apps/server/src/main.ts`, on a bus and a store that misbehave. */
allowClockJumps();
await main(async () => {
  const faults = faultSettings();
  const config = loadConfig(ServerConfig);
  const logger = createLogger('server', config.LOG_LEVEL);
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR, logger });
  const bus = await connectBus({ amqpUrl: config.AMQP_URL, dataDir: config.DATA_DIR, logger });
  const server = await startServer(config, {
    bus: chaoticBus(bus, faults),
    store: brokenStore(store, faults),
    logger,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await bus.close();
    await store.close();
  };
  runUntilSignal({ ...server, stop }, { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
});

import { BrokerConfig, startBroker } from '@parley/broker';
import { connectBus } from '@parley/messaging';
import { createLogger, loadConfig, main, runUntilSignal } from '@parley/process-kit';
import { breakBatches } from './broken-batches.ts';
import { chaoticBus } from './chaotic-bus.ts';
import { allowClockJumps } from './clock-jumps.ts';
import { faultSettings } from './fault-settings.ts';

/** The broker as in `apps/broker/src/main.ts`, on a bus that misbehaves. */
allowClockJumps();
await main(async () => {
  const config = loadConfig(BrokerConfig);
  const logger = createLogger('broker', config.LOG_LEVEL);
  const faults = faultSettings();
  breakBatches(faults);
  const bus = await connectBus({
    amqpUrl: config.AMQP_URL,
    amqpConnections: 1,
    logger,
  });
  const broker = startBroker(config, { bus: chaoticBus(bus, faults, true), logger });
  runUntilSignal(
    { ...broker, stop: () => broker.stop().finally(() => bus.close()) },
    { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS },
  );
});

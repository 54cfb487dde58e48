import { createLanguageModel } from '@parley/language-model';
import { connectBus } from '@parley/messaging';
import {
  accessTokenFor,
  createLogger,
  describeConfig,
  loadConfig,
  main,
  runUntilSignal,
} from '@parley/process-kit';
import { BrokerConfig } from './config.ts';
import { startBroker } from './start-broker.ts';

await main(async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `The routing broker. Settings, from the environment:\n${describeConfig(BrokerConfig)}\n`,
    );
    return;
  }
  const config = loadConfig(BrokerConfig);
  const logger = createLogger('broker', config.LOG_LEVEL);
  const languageModel = await createLanguageModel(config, { logger });
  const bus = await connectBus({
    amqpUrl: config.AMQP_URL,
    amqpConnections: 1,
    logger,
  });
  config.JOIN_TOKEN ??= await accessTokenFor(config.GRPC_URL, config.DATA_DIR);
  const broker = startBroker(config, { bus, logger, languageModel });
  runUntilSignal(
    { ...broker, stop: () => broker.stop().finally(() => bus.close()) },
    { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS },
  );
});

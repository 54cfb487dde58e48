import {
  accessTokenFor,
  createLogger,
  describeConfig,
  loadConfig,
  main,
  runUntilSignal,
} from '@parley/process-kit';
import { GatewayConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

await main(async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `Joins an external WebSocket server to Parley. Settings, from the environment:\n${describeConfig(GatewayConfig)}\n`,
    );
    return;
  }
  const config = loadConfig(GatewayConfig);
  config.PARLEY_TOKEN ??= await accessTokenFor(config.PARLEY_URL, config.DATA_DIR);
  const logger = createLogger('gateway', config.LOG_LEVEL);
  runUntilSignal(startGateway(config, { logger }), { logger, drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
});

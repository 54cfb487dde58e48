import type { HttpApi } from '@parley/client';
import type { GlobalOptions } from '../global-options.ts';
import type { Finding } from './check.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkGrpc } from './check-grpc.ts';
import { checkLanguageModel } from './check-language-model.ts';
import { checkNode } from './check-node.ts';
import { checkRabbitMq } from './check-rabbitmq.ts';
import { checkAgents, checkReady, checkServer } from './check-server.ts';

/** All checks, in the order in which one thing needs the other. */
export async function runChecks(api: HttpApi, options: GlobalOptions): Promise<Finding[]> {
  const { GRPC_URL, AMQP_URL, DATA_DIR } = process.env;
  const findings = await Promise.all([
    checkNode(),
    checkServer(api, options.url),
    checkReady(options),
    checkGrpc(GRPC_URL || '127.0.0.1:50051'),
    checkRabbitMq(AMQP_URL, api),
    checkAgents(api),
    checkDataFolder(DATA_DIR),
    checkLanguageModel(process.env),
  ]);
  return findings.flat();
}

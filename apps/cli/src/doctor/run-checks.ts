import type { HttpApi } from '@parley/client';
import { LanguageModelConfig, type ModelProbeOptions, probeModel } from '@parley/language-model';
import { loadConfig } from '@parley/process-kit';
import type { GlobalOptions } from '../global-options.ts';
import { type Finding, messageOf } from './check.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkGrpc } from './check-grpc.ts';
import { checkRabbitMq } from './check-rabbitmq.ts';
import { checkAgents, checkReady, checkServer } from './check-server.ts';

const LOWEST_NODE = 24;

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

async function checkNode(): Promise<Finding> {
  const version = process.versions.node;
  return {
    name: 'Node.js',
    isOk: Number(version.split('.')[0]) >= LOWEST_NODE,
    found: version,
    advice: `Parley brings Node.js ${LOWEST_NODE} with its packages: run "npm install".`,
  };
}

/** The language model of these settings, as broker and agents that are started with them would use it; nothing without. */
export async function checkLanguageModel(
  env: NodeJS.ProcessEnv,
  options?: ModelProbeOptions,
): Promise<Finding[]> {
  const name = 'Language model';
  try {
    const probe = await probeModel(loadConfig(LanguageModelConfig, env), options);
    return probe === undefined ? [] : [{ name, ...probe }];
  } catch (error) {
    return [{ name, isOk: false, found: messageOf(error), advice: 'Mend these settings.' }];
  }
}

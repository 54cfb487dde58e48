import type { AgentDefinition } from '@parley/agent-kit';
import { createAgentDirectory, shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import { ConfigError, type Logger, memberTls, resolveUserPath } from '@parley/process-kit';
import { type AgentArguments, SHELL } from './arguments.ts';
import type { AgentConfig } from './config.ts';

/** The shipped agent that the arguments name. @throws ConfigError when there is none, or its policy is wrong */
export async function shippedDefinition(
  args: AgentArguments,
  config: AgentConfig,
  logger: Logger,
): Promise<AgentDefinition> {
  if (args.use === SHELL) return shellDefinition(args, logger);
  const shipped = shippedAgents[args.use];
  if (shipped === undefined) throw new ConfigError(`--use ${args.use}: there is no such agent.`);
  return shipped.create({
    languageModel: await createLanguageModel(config, { logger }),
    listAgents: createAgentDirectory({
      url: config.GRPC_URL,
      joinToken: config.JOIN_TOKEN,
      tls: memberTls(config),
      logger,
    }),
    config,
  });
}

async function shellDefinition(
  { policy: file, isTrusting }: AgentArguments,
  logger: Logger,
): Promise<AgentDefinition> {
  // Only here, so that no other agent's process loads the code that runs commands.
  const { createShellAgent, POLICY_OFF } = await import('@parley/agents/shell');
  if (file === undefined) {
    logger.warn(POLICY_OFF);
    return createShellAgent(undefined);
  }
  const { loadPolicy, PolicyError } = await import('@parley/command-execution');
  try {
    const policy = await loadPolicy(resolveUserPath(file));
    for (const warning of policy.warnings) logger.warn(`${file}: ${warning}`);
    return createShellAgent(policy, { isTrusting });
  } catch (error) {
    if (error instanceof PolicyError) throw new ConfigError(`--policy ${file}: ${error.message}`);
    throw error;
  }
}

import type { AgentDefinition } from '@parley/agent-kit';
import { createAgentDirectory, createMailer, createResearchTools, shippedAgents } from '@parley/agents';
import { createShellAgent, POLICY_OFF } from '@parley/agents/shell';
import { loadPolicy, type Policy, PolicyError } from '@parley/command-execution';
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
  if (args.use === SHELL) return createShellAgent(await loadOwnPolicy(args.policy, logger));
  const shipped = shippedAgents[args.use];
  if (shipped === undefined) throw new ConfigError(`--use ${args.use}: there is no such agent.`);
  return shipped.create({
    languageModel: createLanguageModel(config),
    listAgents: createAgentDirectory({
      url: config.GRPC_URL,
      joinToken: config.JOIN_TOKEN,
      tls: memberTls(config),
      logger,
    }),
    mailer: createMailer({ smtpUrl: config.SMTP_URL, smtpFrom: config.SMTP_FROM, dataDir: config.DATA_DIR }),
    ...createResearchTools(config),
  });
}

async function loadOwnPolicy(file: string | undefined, logger: Logger): Promise<Policy | undefined> {
  if (file === undefined) {
    logger.warn(POLICY_OFF);
    return undefined;
  }
  try {
    const policy = await loadPolicy(resolveUserPath(file));
    for (const warning of policy.warnings) logger.warn(`${file}: ${warning}`);
    return policy;
  } catch (error) {
    if (error instanceof PolicyError) throw new ConfigError(`--policy ${file}: ${error.message}`);
    throw error;
  }
}

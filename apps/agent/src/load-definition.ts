import type { AgentDefinition } from '@parley/agent-kit';
import { shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import { ConfigError } from '@parley/process-kit';
import type { AgentArguments } from './arguments.ts';
import type { AgentConfig } from './config.ts';

/** The shipped agent that the arguments name. @throws ConfigError when there is none */
export function shippedDefinition(args: AgentArguments, config: AgentConfig): AgentDefinition {
  const shipped = shippedAgents[args.use];
  if (shipped === undefined) throw new ConfigError(`--use ${args.use}: there is no such agent.`);
  return shipped.create({ languageModel: createLanguageModel(config) });
}

import { pathToFileURL } from 'node:url';
import type { AgentDefinition } from '@parley/agent-kit';
import { shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import { ConfigError, resolveUserPath } from '@parley/process-kit';
import { z } from 'zod';
import type { AgentArguments } from './arguments.ts';
import type { AgentConfig } from './config.ts';

const OwnFile = z.object({
  default: z.looseObject({ name: z.string(), onMessage: z.function() }),
});

/** The agent that the arguments name. @throws ConfigError when the file is none or holds no agent */
export async function loadDefinition(args: AgentArguments, config: AgentConfig): Promise<AgentDefinition> {
  if (args.file !== undefined) return loadFile(args.file);
  const shipped = shippedAgents[args.use];
  if (shipped === undefined) throw new ConfigError(`--use ${args.use}: there is no such agent.`);
  return shipped.create({ languageModel: createLanguageModel(config) });
}

async function loadFile(file: string): Promise<AgentDefinition> {
  const path = resolveUserPath(file);
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new ConfigError(`--file ${file}: ${(error as Error).message}`);
  }
  const own = OwnFile.safeParse(loaded);
  if (!own.success) {
    throw new ConfigError(
      `--file ${file}: its default export is no agent; write \`export default defineAgent({...})\`.`,
    );
  }
  return own.data.default as unknown as AgentDefinition;
}

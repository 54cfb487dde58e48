import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect, types } from 'node:util';
import { type AgentDefinition, profileOf } from '@parley/agent-kit';
import { ConfigError } from '@parley/process-kit';
import { z } from 'zod';
import { loadUrl } from './module-hooks.ts';

/** `defineAgent` and its like are not where the mistake is. */
const OURS = ['apps', 'libs'].map(
  (folder) => path.resolve(import.meta.dirname, '../../../..', folder) + path.sep,
);

/** `profileOf` checks the rest of a definition, and names each fault. */
const OwnFile = z.object({
  default: z.custom<AgentDefinition>((value) => typeof value === 'object' && value !== null),
});

/**
 * Imports a user's file.
 * @param load under which its modules are read anew
 * @throws ConfigError that names the fault, with file and line where they are known
 */
export async function importDefinition(file: string, load: string): Promise<AgentDefinition> {
  if (!existsSync(file)) throw new ConfigError(`${file}: there is no such file.`);
  let loaded: unknown;
  try {
    loaded = await import(loadUrl(pathToFileURL(file).href, load));
  } catch (cause) {
    throw new ConfigError(`${placeOf(cause) ?? file}: ${messageOf(cause)}`);
  }
  const own = OwnFile.safeParse(loaded);
  if (!own.success) {
    throw new ConfigError(
      `${file}: its default export is no agent; write \`export default defineAgent({...})\`.`,
    );
  }
  const definition = own.data.default;
  try {
    profileOf(definition);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new ConfigError(`${file}: the agent's ${z.prettifyError(cause)}`);
  }
  return definition;
}

/** A place in a stack: `file:///path/my-agent.ts?parley-load=1:5:9`, `/path/my-agent.ts:3`. */
const PLACE = /(?:^|\()((?:file:\/\/)?\/[^\n?()]*?)(?:\?[^\n:]*)?:(\d+)(?::(\d+))?\)?$/gm;

/** `file:line` or `file:line:column` of the first place that an error tells of and that is the user's. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, file = '', line, column] of stack.replaceAll(/^\s+at (?:async )?/gm, '').matchAll(PLACE)) {
    const place = file.startsWith('file:') ? fileURLToPath(file) : file;
    if (place.includes('/node_modules/') || OURS.some((folder) => place.startsWith(folder))) continue;
    return [place, line, column].filter((part) => part !== undefined).join(':');
  }
  return undefined;
}

function messageOf(error: unknown): string {
  // A file can throw anything, also a value without a text.
  return types.isNativeError(error) ? error.message : inspect(error);
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AgentDefinition, profileOf } from '@parley/agent-kit';
import { ConfigError } from '@parley/process-kit';
import { newId } from '@parley/shared-models';
import { z } from 'zod';
import { installModuleHooks, loadUrl, takeLoaded } from './module-hooks.ts';

const LeastDefinition = z.object({ name: z.string(), onMessage: z.function() });

/** The rest of a definition is left to `profileOf`, which says what is wrong with it. */
const OwnFile = z.object({
  default: z.custom<AgentDefinition>((value) => LeastDefinition.safeParse(value).success),
});

/** What came of reading a user's file. */
export interface OwnFileLoad {
  /** @throws ConfigError that says what is wrong, with file and line where they are known */
  definition(): AgentDefinition;
  /** The file and those it imports from its own folders, as far as they were read. */
  readonly files: ReadonlySet<string>;
  /** What stood in the file itself. */
  readonly text: string;
}

/**
 * Reads a user's own file, anew with each call.
 * @param path absolute
 */
export async function loadOwnFile(path: string): Promise<OwnFileLoad> {
  installModuleHooks();
  const text = await textOf(path);
  const load = newId();
  const outcome = await importDefinition(path, load).then(
    (definition) => () => definition,
    (error: unknown) => () => {
      throw error;
    },
  );
  return { definition: outcome, files: new Set([path, ...takeLoaded(load)]), text };
}

/** Empty where there is no such file. */
export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function importDefinition(path: string, load: string): Promise<AgentDefinition> {
  if (!existsSync(path)) throw new ConfigError(`${path}: there is no such file.`);
  let loaded: unknown;
  try {
    loaded = await import(loadUrl(pathToFileURL(path).href, load));
  } catch (cause) {
    throw new ConfigError(`${placeOf(cause) ?? path}: ${messageOf(cause)}`);
  }
  const own = OwnFile.safeParse(loaded);
  if (!own.success) {
    throw new ConfigError(
      `${path}: its default export is no agent; write \`export default defineAgent({...})\`.`,
    );
  }
  const definition = own.data.default;
  try {
    profileOf(definition);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new ConfigError(`${path}: the agent's ${z.prettifyError(cause)}`);
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
    if (place.includes('/node_modules/') || place.startsWith(import.meta.dirname)) continue;
    return [place, line, column].filter((part) => part !== undefined).join(':');
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

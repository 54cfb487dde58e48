import { z } from 'zod';
import { redactUrls } from './logger.ts';

/** What is wrong with the settings, all of it at once, in lines for a terminal. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** For a check of several settings together: it runs also where another one is bad, so that all that is wrong is listed at once. */
export const WITH_ALL_OTHERS = { when: () => true } as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads settings from the environment. An empty variable counts as unset, as in a compose file with `FOO=`.
 * @throws ConfigError that lists every bad variable
 */
export function loadConfig<T extends z.ZodObject>(schema: T, env: Environment = process.env): z.infer<T> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '') given[name] = value.trim();
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    if (issue.path.length === 0) return `  ${issue.message}`;
    const name = String(issue.path[0]);
    const value = given[name];
    const shown =
      value === undefined ? 'not set' : isSecret(name) ? 'set' : `is ${JSON.stringify(redactUrls(value))}`;
    return `  ${name} (${shown}): ${issue.message}`;
  });
  throw new ConfigError(`These settings are wrong:\n${lines.join('\n')}`);
}

/** Names whose values must not be printed or logged. */
export function isSecret(name: string): boolean {
  return /KEY|SECRET|TOKEN|PASSWORD/i.test(name);
}

/** The settings of a process as text for `--help`: name, meaning, default. */
export function describeConfig(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const json = z.toJSONSchema(field as z.ZodType, { unrepresentable: 'any', io: 'input' }) as {
      description?: string;
      default?: unknown;
    };
    const fallback = json.default === undefined || json.default === '' ? '' : ` [${String(json.default)}]`;
    return `  ${name.padEnd(22)} ${json.description ?? ''}${fallback}`;
  });
  return rows.join('\n');
}

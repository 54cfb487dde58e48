import { z } from 'zod';
import { redactUrls } from './redact-urls.ts';

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

/** One setting of a process, as it is described to people. */
export interface SettingDescription {
  readonly name: string;
  readonly meaning: string;
  /** As it would stand in the environment; undefined: there is none. */
  readonly fallback: string | undefined;
  /** All values that it may have, where they can be counted. */
  readonly values: readonly string[];
  readonly isRequired: boolean;
}

export function settingsOf(schema: z.ZodObject): SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    const json = z.toJSONSchema(type, { unrepresentable: 'any', io: 'input' }) as {
      description?: string;
      default?: unknown;
      enum?: readonly unknown[];
    };
    return {
      name,
      meaning: json.description ?? '',
      fallback: json.default === undefined || json.default === '' ? undefined : String(json.default),
      values: (json.enum ?? []).map(String),
      isRequired: !type.safeParse(undefined).success,
    };
  });
}

/** The settings of a process as text for `--help`: name, meaning, default. */
export function describeConfig(schema: z.ZodObject): string {
  return settingsOf(schema)
    .map(({ name, meaning, fallback }) => {
      const shown = fallback === undefined ? '' : ` [${fallback}]`;
      return `  ${name.padEnd(22)} ${meaning}${shown}`;
    })
    .join('\n');
}

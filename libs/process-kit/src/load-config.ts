import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { redactUrls } from './redact-urls.ts';
import { resolveUserPath } from './settings.ts';

/** All errors of the settings at once, in lines for a terminal. */
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
 * Reads settings from the environment. An empty variable counts as unset, as in a compose file with `FOO=`. Each secret `X` may
 * stand in a file instead, which `X_FILE` names. Secrets do not stay in `process.env`: neither child processes nor a
 * dump of it shall have them. Where the operating system keeps the environment that a process was started with (`/proc/<pid>/environ`), they
 * are still there; a file is the safe way.
 * @throws ConfigError that lists every bad variable
 */
export function loadConfig<T extends z.ZodObject>(schema: T, env: Environment = process.env): z.infer<T> {
  const given: Record<string, string> = {};
  const unreadable: string[] = [];
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim() ?? '';
    if (value !== '') given[name] = value;
    const file = mayStandInFile(name) ? (env[`${name}_FILE`]?.trim() ?? '') : '';
    if (file === '') continue;
    if (value !== '') unreadable.push(`  ${name}_FILE (is ${file}): set this or ${name}, not both`);
    else {
      try {
        given[name] = readFileSync(resolveUserPath(file), 'utf8').trim();
      } catch (error) {
        unreadable.push(`  ${name}_FILE (is ${file}): cannot be read: ${(error as Error).message}`);
      }
    }
  }
  const result = schema.safeParse(given);
  for (const name of Object.keys(schema.shape)) if (mayStandInFile(name)) delete process.env[name];
  if (result.success && unreadable.length === 0) return result.data;
  const lines = (result.error?.issues ?? []).map((issue) => {
    if (issue.path.length === 0) return `  ${issue.message}`;
    const name = String(issue.path[0]);
    const value = given[name];
    const shown =
      value === undefined ? 'not set' : isSecret(name) ? 'set' : `is ${JSON.stringify(redactUrls(value))}`;
    return `  ${name} (${shown}): ${issue.message}`;
  });
  throw new ConfigError(`These settings are wrong:\n${[...unreadable, ...lines].join('\n')}`);
}

/** Settings that are secrets, or URLs that hold passwords. */
const SECRET_SETTING =
  /^(?:\w+_)?(?:API_KEY|SECRET|TOKEN|PASSWORD)$|^(?:AMQP|AUDIT_HEAD|DATABASE|EXTERNAL_WS|RABBITMQ_MANAGEMENT|SMTP)_URL$/;

/** Whether the setting can be read from the file that `<name>_FILE` names. */
export function mayStandInFile(name: string): boolean {
  return SECRET_SETTING.test(name);
}

/** Names whose values must not be printed or logged. */
export function isSecret(name: string): boolean {
  return /KEY|SECRET|TOKEN|PASSWORD/i.test(name);
}

/** One setting of a process, as it is described to people. */
export interface SettingDescription {
  readonly name: string;
  readonly meaning: string;
  /** As it would stand in the environment; undefined: no default. */
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
      const file = mayStandInFile(name) ? `(or ${name}_FILE) ` : '';
      const shown = fallback === undefined ? '' : ` [${fallback}]`;
      return `  ${name.padEnd(22)} ${file}${meaning}${shown}`;
    })
    .join('\n');
}

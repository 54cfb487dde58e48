import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = path.resolve(import.meta.dirname, '../..');

const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  profiles: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }),
  stop_grace_period: z.string().optional(),
});
export type Service = z.infer<typeof Service>;

/** A compose file as it stands, merge keys resolved, variables not. */
const read = (name: string): unknown => parse(readFileSync(path.join(root, name), 'utf8'), { merge: true });

export const composeFile = read('docker-compose.yml');

/** The ports that docker-compose.ports.yml adds where it is asked for. */
export const portsOnRequest = Object.values(
  z
    .object({ services: z.record(z.string(), z.strictObject({ ports: z.array(z.string()) })) })
    .parse(read('docker-compose.ports.yml')).services,
).flatMap(({ ports }) => ports);

export const services = z.object({ services: z.record(z.string(), Service) }).parse(composeFile).services;

/** The services that run our own image. */
export const ownServices = Object.entries(services).filter(([, service]) => service.build !== undefined);

/** What docker-compose.yml asks for and has no default of: what `npm run secrets` makes. */
export const SECRETS = {
  RABBITMQ_PASSWORD: 'a-password-of-rabbitmq',
  POSTGRES_PASSWORD: 'a-password-of-postgres',
  JOIN_TOKEN: 'a-join-token-of-a-test',
  ACCESS_TOKEN: 'an-access-token-of-thirty-two-characters',
};

const VARIABLE = /\$\{(\w+)(?::(-|\?)([^${}]*))?\}/;

/**
 * The text with every `${NAME:-default}` and `${NAME:?message}` replaced, as compose does it, from the innermost on.
 * @throws when a variable has neither a value nor a default
 */
export function interpolate(text: string, variables: Readonly<Record<string, string>> = {}): string {
  const found = VARIABLE.exec(text);
  if (found === null) return text;
  const [all, name = '', kind, rest = ''] = found;
  const value = variables[name] || (kind === '-' ? rest : undefined);
  if (value === undefined) throw new Error(`${name} has no value: ${rest}`);
  return interpolate(
    text.replace(all, () => value),
    variables,
  );
}

/** A service's environment with these variables set, else with the defaults of docker-compose.yml, and made up secrets. */
export function environmentOf(
  service: Service,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [
      name,
      interpolate(value, { ...SECRETS, ...variables }),
    ]),
  );
}

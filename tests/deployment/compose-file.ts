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

/** docker-compose.yml as it stands, merge keys resolved, variables not. */
export const composeFile: unknown = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), {
  merge: true,
});

export const services = z.object({ services: z.record(z.string(), Service) }).parse(composeFile).services;

/** The services that run our own image. */
export const ownServices = Object.entries(services).filter(([, service]) => service.build !== undefined);

/**
 * The text with every `${NAME:-default}` replaced, as compose does it.
 * @throws when a variable has neither a value nor a default
 */
export function interpolate(text: string, variables: Readonly<Record<string, string>> = {}): string {
  return text.replaceAll(/\$\{(\w+)(?::-([^}]*))?\}/g, (_all, name: string, fallback: string | undefined) => {
    const value = variables[name] ?? fallback;
    if (value === undefined) throw new Error(`${name} has no default in docker-compose.yml`);
    return value;
  });
}

/** A service's environment with these variables set, else with the defaults of docker-compose.yml. */
export function environmentOf(
  service: Service,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [name, interpolate(value, variables)]),
  );
}

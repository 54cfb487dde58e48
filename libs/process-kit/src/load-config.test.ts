import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, describeConfig, isSecret, loadConfig, mayStandInFile } from './load-config.ts';
import { settings } from './settings.ts';

const Config = z.object({
  PORT: settings.port(8080),
  HOST: settings.host,
  GRPC_URL: settings.grpcUrl,
  AMQP_URL: settings.amqpUrl,
  DATABASE_URL: settings.databaseUrl,
  LOG_LEVEL: settings.logLevel,
  DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
  JOIN_TOKEN: settings.joinToken,
  IS_OPEN: settings.flag('whether it is open'),
});

function complaintOf(env: Readonly<Record<string, string>>, schema: z.ZodObject = Config): string {
  try {
    loadConfig(schema, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('nothing was wrong');
}

describe('loadConfig', () => {
  it('fills in the defaults', () => {
    expect(loadConfig(Config, {})).toEqual({
      PORT: 8080,
      HOST: '127.0.0.1',
      GRPC_URL: '127.0.0.1:50051',
      LOG_LEVEL: 'info',
      DRAIN_TIMEOUT_MS: 10_000,
      IS_OPEN: false,
    });
  });

  it('reads what is given, without the space around it, and nothing else of the environment', () => {
    const env = {
      PORT: ' 0 ',
      AMQP_URL: 'amqps://queue',
      IS_OPEN: '1',
      JOIN_TOKEN: 'x'.repeat(16),
      HOME: '/root',
    };
    expect(loadConfig(Config, env)).toMatchObject({
      PORT: 0,
      AMQP_URL: 'amqps://queue',
      IS_OPEN: true,
      JOIN_TOKEN: 'x'.repeat(16),
    });
    expect(loadConfig(Config, env)).not.toHaveProperty('HOME');
  });

  it('reads a secret from the file that is named in its place, without the line break at its end', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-secrets-'));
    const file = path.join(folder, 'secret');
    try {
      await writeFile(file, 'postgres://u:hidden@db/parley\n');
      const env = { DATABASE_URL_FILE: file, JOIN_TOKEN: 'x'.repeat(16) };
      expect(loadConfig(Config, env)).toMatchObject({ DATABASE_URL: 'postgres://u:hidden@db/parley' });
      expect(complaintOf({ ...env, DATABASE_URL: 'postgres://db' })).toContain('not both');
      await writeFile(file, 'hidden');
      expect(complaintOf({ JOIN_TOKEN_FILE: file })).toContain('JOIN_TOKEN (set)');
      expect(complaintOf({ JOIN_TOKEN_FILE: file })).not.toContain('hidden');
      expect(complaintOf({ JOIN_TOKEN_FILE: path.join(folder, 'none') })).toContain('JOIN_TOKEN_FILE');
      // Only secrets are read from files.
      expect(loadConfig(Config, { HOST_FILE: file }).HOST).toBe('127.0.0.1');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leaves no secret in the environment of the process', () => {
    process.env.JOIN_TOKEN = 'a secret of this test';
    process.env.HOST = '127.0.0.2';
    try {
      expect(loadConfig(Config)).toMatchObject({ JOIN_TOKEN: 'a secret of this test', HOST: '127.0.0.2' });
      expect(process.env).toMatchObject({ HOST: '127.0.0.2' });
      expect(process.env).not.toHaveProperty('JOIN_TOKEN');
    } finally {
      delete process.env.JOIN_TOKEN;
      delete process.env.HOST;
    }
  });

  it.each([
    ['JOIN_TOKEN', true],
    ['ACCESS_TOKEN', true],
    ['PARLEY_TOKEN', true],
    ['AUTH_SECRET', true],
    ['MISTRAL_API_KEY', true],
    ['LLM_API_KEY', true],
    ['AMQP_URL', true],
    ['DATABASE_URL', true],
    ['SMTP_URL', true],
    ['EXTERNAL_WS_URL', true],
    ['GRPC_TLS_KEY', false],
    ['LLM_MAX_OUTPUT_TOKENS', false],
    ['AUTH_JWKS_URL', false],
  ])('says of %s whether a file may hold it: %s', (name, is) => {
    expect(mayStandInFile(name)).toBe(is);
  });

  it.each(['', '  ', '\t\n'])('takes %j as not set', (value) => {
    expect(loadConfig(Config, { PORT: value, AMQP_URL: value, JOIN_TOKEN: value })).toEqual(
      loadConfig(Config, {}),
    );
  });

  it('lists everything that is wrong at once, a line each', () => {
    const complaint = complaintOf({
      PORT: '65536',
      GRPC_URL: 'http://localhost',
      AMQP_URL: 'http://queue',
      DATABASE_URL: 'mysql://db',
      LOG_LEVEL: 'loud',
      DRAIN_TIMEOUT_MS: '-1',
      IS_OPEN: 'yes',
      JOIN_TOKEN: 'short',
    });
    const [head, ...lines] = complaint.split('\n');
    expect(head).toBe('These settings are wrong:');
    expect(lines.map((line) => line.trim().split(' ')[0]).sort()).toEqual([
      'AMQP_URL',
      'DATABASE_URL',
      'DRAIN_TIMEOUT_MS',
      'GRPC_URL',
      'IS_OPEN',
      'JOIN_TOKEN',
      'LOG_LEVEL',
      'PORT',
    ]);
  });

  it('quotes the value that is wrong and says what it should be', () => {
    expect(complaintOf({ AMQP_URL: 'http://queue' })).toContain(
      'AMQP_URL (is "http://queue"): an amqp:// or amqps:// URL',
    );
  });

  it('says of a setting that must be there that it is not set', () => {
    expect(complaintOf({ SMTP_URL: '' }, z.object({ SMTP_URL: z.string() }))).toContain(
      'SMTP_URL (not set): ',
    );
  });

  it('shows no secret, neither by name nor inside a URL', () => {
    const complaint = complaintOf({ JOIN_TOKEN: 'pa55word', AMQP_URL: 'http://guest:pa55word@queue' });
    expect(complaint).toContain('JOIN_TOKEN (set): ');
    expect(complaint).toContain('AMQP_URL (is "http://***@queue"): ');
    expect(complaint).not.toContain('pa55word');
  });

  it('gives a rule over several settings in its own words', () => {
    const schema = z
      .object({ PORTS: z.string().transform((text) => text.split(',')) })
      .refine((config) => config.PORTS.length < 2, 'no more than one port');
    expect(complaintOf({ PORTS: '1,2' }, schema)).toBe('These settings are wrong:\n  no more than one port');
  });
});

describe('isSecret', () => {
  it.each(['MISTRAL_API_KEY', 'JOIN_TOKEN', 'AUTH_SECRET', 'SMTP_PASSWORD'])(
    'holds %s for a secret',
    (name) => {
      expect(isSecret(name)).toBe(true);
    },
  );
  it.each(['PORT', 'HOST', 'MISTRAL_MODEL', 'LOG_LEVEL'])('does not hold %s for one', (name) => {
    expect(isSecret(name)).toBe(false);
  });
});

describe('describeConfig', () => {
  const lines = describeConfig(Config.extend({ DATA_DIR: settings.dataDir })).split('\n');
  const lineOf = (name: string) => lines.find((line) => line.trim().startsWith(name)) ?? '';

  it('has a line for each setting with its meaning and its default', () => {
    expect(lines).toHaveLength(10);
    expect(lineOf('PORT')).toMatch(/^ {2}PORT +HTTP and WebSocket port; .* \[8080\]$/);
    expect(lineOf('IS_OPEN')).toMatch(/whether it is open \[false\]$/);
  });

  it('shows no default where there is none', () => {
    expect(lineOf('AMQP_URL')).toMatch(/server's own queue$/);
    expect(lineOf('DATA_DIR')).toMatch(/\[\.\/data in the workspace\]$/);
  });
});

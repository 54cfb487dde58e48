import { describe, expect, it } from '@jest/globals';
import { AgentConfig } from '@parley/agent';
import { BrokerConfig } from '@parley/broker';
import { loadConfig } from '@parley/process-kit';
import { ServerConfig } from '@parley/server';
import { StandaloneConfig } from './config.ts';

const SCHEMAS = { AgentConfig, BrokerConfig, ServerConfig, StandaloneConfig };

/** The variables that it complains of, sorted. */
function complaintsOf(schema: keyof typeof SCHEMAS, env: Readonly<Record<string, string>>): string[] {
  try {
    loadConfig(SCHEMAS[schema], env);
  } catch (error) {
    return [...(error as Error).message.matchAll(/^ {2}(\w+) \(/gm)].map(([, name]) => name ?? '').sort();
  }
  return [];
}

describe('the settings of each process', () => {
  const model = { LLM_BASE_URL: 'http://localhost:11434/v1' };
  const tls = { GRPC_TLS_CERT: import.meta.filename };
  const level = { LOG_LEVEL: 'loud' };

  it.each(['AgentConfig', 'BrokerConfig', 'StandaloneConfig'] as const)(
    '%s lists what is bad by itself and what is bad with others at once',
    (schema) => {
      expect(complaintsOf(schema, { ...model, ...tls, ...level })).toEqual([
        'GRPC_TLS_KEY',
        'LLM_MODEL',
        'LOG_LEVEL',
      ]);
    },
  );

  it.each(['ServerConfig', 'StandaloneConfig'] as const)(
    '%s lists a bad address beside bad values',
    (schema) => {
      expect(complaintsOf(schema, { HOST: '0.0.0.0', JOIN_TOKEN: 'short', ...tls, ...level })).toEqual([
        'GRPC_TLS_KEY',
        'HOST',
        'JOIN_TOKEN',
        'LOG_LEVEL',
      ]);
    },
  );

  it.each(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])('%s is content with nothing', (schema) => {
    expect(complaintsOf(schema, {})).toEqual([]);
  });
});

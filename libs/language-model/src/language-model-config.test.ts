import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@parley/process-kit';
import { z } from 'zod';
import { LanguageModelConfig, LanguageModelSettings } from './language-model-config.ts';

const load = (env: Readonly<Record<string, string>>) => loadConfig(LanguageModelConfig, env);

describe('the settings of the language model', () => {
  it('are all optional', () => {
    expect(load({})).toEqual({ MISTRAL_MODEL: 'mistral-small-latest' });
  });

  it('take a Mistral key and a model', () => {
    expect(load({ MISTRAL_API_KEY: 'k', MISTRAL_MODEL: 'mistral-large-latest' })).toEqual({
      MISTRAL_API_KEY: 'k',
      MISTRAL_MODEL: 'mistral-large-latest',
    });
  });

  it('take the limits of an answer, and the names of parameters', () => {
    const settings = {
      LLM_MAX_OUTPUT_TOKENS: '4000',
      LLM_FIRST_TOKEN_TIMEOUT_MS: '120000',
      LLM_PARAMETERS: 'max_tokens=max_completion_tokens, temperature=',
    };
    expect(load(settings)).toMatchObject({
      LLM_MAX_OUTPUT_TOKENS: 4000,
      LLM_FIRST_TOKEN_TIMEOUT_MS: 120_000,
      LLM_PARAMETERS: new Map([
        ['max_tokens', 'max_completion_tokens'],
        ['temperature', ''],
      ]),
    });
    expect(() => load({ LLM_PARAMETERS: 'temperature' })).toThrow('pairs such as');
  });

  it('want the name of the model with a base URL', () => {
    expect(() => load({ LLM_BASE_URL: 'http://localhost:11434/v1' })).toThrow(
      'LLM_MODEL (not set): the name of the model is needed with LLM_BASE_URL',
    );
  });

  it('name the missing model along with everything else that is wrong', () => {
    const schema = LanguageModelConfig.safeExtend({ PORT: z.coerce.number() });
    const wrong = { LLM_BASE_URL: 'http://localhost/v1', MISTRAL_API_KEY: 'a b', PORT: 'x' };
    expect(() => loadConfig(schema, wrong)).toThrow(/MISTRAL_API_KEY.*PORT.*LLM_MODEL/s);
  });

  it('keep their defaults and checks when they are spread into the settings of a process', () => {
    const schema = z.object({ PORT: z.coerce.number().default(1), ...LanguageModelSettings.shape });
    expect(loadConfig(schema, {})).toEqual({ PORT: 1, MISTRAL_MODEL: 'mistral-small-latest' });
    expect(() => loadConfig(schema, { LLM_BASE_URL: 'nonsense' })).toThrow('LLM_BASE_URL');
  });

  it.each([
    'ftp://localhost/v1',
    'localhost:11434',
    'http://user:pa55word@localhost/v1',
    'http://localhost/v1?key=pa55word',
    'http://localhost/v1#here',
  ])('refuse %s as a base URL', (url) => {
    expect(() => load({ LLM_BASE_URL: url, LLM_MODEL: 'm' })).toThrow('LLM_BASE_URL');
  });

  it.each(['two words', 'line\nbreak', 'ключ'])('refuse the key %j, and do not show it', (key) => {
    const attempt = (): unknown => load({ MISTRAL_API_KEY: key });
    expect(attempt).toThrow('MISTRAL_API_KEY (set): only printable ASCII characters, no spaces');
    expect(attempt).not.toThrow(key);
  });
});

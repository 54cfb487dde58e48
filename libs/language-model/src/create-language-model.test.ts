import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@parley/process-kit';
import { createLanguageModel } from './create-language-model.ts';

const MISTRAL_MODEL = 'mistral-small-latest';

describe('the choice of the language model', () => {
  it('falls on the offline rules without any key', async () => {
    expect(await createLanguageModel({ MISTRAL_MODEL })).toMatchObject({
      label: 'offline rules',
      isOffline: true,
    });
  });

  it('falls on Mistral with its key, and names provider and model', async () => {
    const model = await createLanguageModel({ MISTRAL_MODEL, MISTRAL_API_KEY: 'secret' });
    expect(model).toMatchObject({ label: 'Mistral mistral-small-latest', isOffline: false });
  });

  it('falls on the endpoint of the base URL, also with a Mistral key, and names host and model', async () => {
    const model = await createLanguageModel({
      MISTRAL_MODEL,
      MISTRAL_API_KEY: 'secret',
      LLM_BASE_URL: 'http://localhost:11434/v1',
      LLM_MODEL: 'llama3.2',
    });
    expect(model).toMatchObject({ label: 'localhost:11434 llama3.2', isOffline: false });
  });

  it('ends with a clear line when a base URL stands without a model', async () => {
    const choose = createLanguageModel({ MISTRAL_MODEL, LLM_BASE_URL: 'http://localhost:11434/v1' });
    await expect(choose).rejects.toThrow(ConfigError);
    await expect(choose).rejects.toThrow(
      'LLM_MODEL (not set): the name of the model is needed with LLM_BASE_URL',
    );
  });
});

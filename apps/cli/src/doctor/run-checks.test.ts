import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  respondWith,
  type Script,
  type StandInProvider,
  startStandInProvider,
} from '@parley/language-model/stand-in-provider';
import { checkLanguageModel } from './run-checks.ts';

const KEY = 'sk-5up3r/s3cret+key=';
const list = respondWith(200, { object: 'list', data: [{ id: 'llama3.2:latest' }, { id: 'qwen3' }] });
const page: Script = (response) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');

describe('the check of the language model', () => {
  let provider: StandInProvider;
  let origin: string;

  beforeEach(async () => {
    provider = await startStandInProvider();
    origin = new URL(provider.baseUrl).origin;
  });
  afterEach(() => provider.close());

  const check = async (more: Readonly<Record<string, string>> = {}, timeoutMs = 5000): Promise<unknown> => {
    const settings = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama3.2', LLM_API_KEY: KEY, ...more };
    const findings = await checkLanguageModel(settings, { timeoutMs, mistralBaseUrl: provider.baseUrl });
    expect(JSON.stringify(findings)).not.toContain('s3cret');
    expect(findings).toHaveLength(1);
    return findings[0];
  };

  it('is not made where no model is set', async () => {
    expect(await checkLanguageModel({})).toEqual([]);
  });

  it('is well when the endpoint lists the model', async () => {
    provider.play(list);
    expect(await check()).toMatchObject({ name: 'Language model', isOk: true });
    expect(provider.requests[0]).toMatchObject({
      url: '/v1/models',
      headers: { authorization: `Bearer ${KEY}` },
    });
    const mistral = { MISTRAL_API_KEY: KEY, MISTRAL_MODEL: 'qwen3' };
    expect(await check({ LLM_BASE_URL: '', LLM_MODEL: '', ...mistral })).toMatchObject({ isOk: true });
  });

  it('names the models that there are', async () => {
    provider.play(list);
    expect(await check({ LLM_MODEL: 'gpt-7' })).toMatchObject({
      isOk: false,
      found: expect.stringContaining('has no model gpt-7'),
      advice: 'Set LLM_MODEL to one that it has: llama3.2:latest, qwen3.',
    });
  });

  it('says that the key is refused, in the words of the provider and without the key', async () => {
    provider.play(respondWith(401, { error: { message: `Wrong key: ${KEY}` } }));
    expect(await check()).toMatchObject({
      isOk: false,
      found: expect.stringContaining('the key is refused (401). It says: “Wrong key: ***”'),
      advice: 'Check LLM_API_KEY.',
    });
  });

  it.each([
    ['a web page', page],
    ['another API', respondWith(200, { status: 'ok' })],
    ['nothing', respondWith(404, { detail: 'Not Found' })],
  ])('finds the address where %s answers without /v1', async (_what, elsewhere) => {
    provider.play((response, request) =>
      (request.url.startsWith('/v1/') ? list : elsewhere)(response, request),
    );
    expect(await check({ LLM_BASE_URL: origin })).toMatchObject({
      isOk: false,
      found: expect.stringContaining('this is not an OpenAI endpoint'),
      advice: `Set LLM_BASE_URL to ${origin}/v1.`,
    });
  });

  it('is well when the endpoint takes chats and has no list of models', async () => {
    provider.play((response, request) => {
      const takesChats = request.url === '/v1/chat/completions';
      const refusal = takesChats
        ? respondWith(400, { error: { message: 'messages: Field required' } })
        : respondWith(404, { detail: 'Not Found' });
      return refusal(response, request);
    });
    expect(await check()).toMatchObject({ isOk: true, found: expect.stringContaining('no list of models') });
  });

  it('follows nobody to another address with the key', async () => {
    provider.play((response) => {
      response.writeHead(301, { location: `https://joe:s3cret@example.test/v1/models?key=${KEY}` }).end();
    });
    expect(await check()).toMatchObject({
      isOk: false,
      found: expect.stringContaining('https://example.test/v1/models'),
    });
  });

  it('says that nothing answers, or not in time', async () => {
    provider.play(async (_response, { closed }) => void (await closed));
    expect(await check({}, 200)).toMatchObject({
      isOk: false,
      found: expect.stringContaining('no answer within 0.2 s'),
    });
    const gone = await startStandInProvider();
    await gone.close();
    expect(await check({ LLM_BASE_URL: gone.baseUrl })).toMatchObject({
      isOk: false,
      found: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('says which settings are wrong', async () => {
    expect(await check({ LLM_MODEL: '' })).toMatchObject({
      isOk: false,
      found: expect.stringContaining('LLM_MODEL'),
    });
  });
});

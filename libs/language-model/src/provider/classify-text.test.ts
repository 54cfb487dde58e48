import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLanguageModel } from '../create-language-model.ts';
import type { LanguageModel } from '../language-model.ts';
import { createOfflineModel } from '../offline/offline-model.ts';
import type { ClassifyRequest } from '../text-classification.ts';
import {
  respondWith,
  respondWithText,
  type StandInProvider,
  startStandInProvider,
} from './stand-in-provider.ts';

const kinds = {
  Mistral: (baseUrl: string): Promise<LanguageModel> =>
    createLanguageModel({ MISTRAL_API_KEY: 'key', MISTRAL_MODEL: 'small' }, { mistralBaseUrl: baseUrl }),
  'an OpenAI-compatible endpoint': (baseUrl: string): Promise<LanguageModel> =>
    createLanguageModel({ MISTRAL_MODEL: 'small', LLM_BASE_URL: baseUrl, LLM_MODEL: 'llama' }),
};

const request: ClassifyRequest = {
  text: 'Where does the money go?',
  options: [
    { id: 'finance', description: 'Finance: budgets\nand invoices' },
    { id: 'hr', description: 'HR: leave' },
  ],
};

describe.each(Object.entries(kinds))('a classification by %s', (kind, open) => {
  let provider: StandInProvider;
  let classify: (more?: Partial<ClassifyRequest>) => Promise<unknown>;

  beforeEach(async () => {
    provider = await startStandInProvider();
    const model = await open(provider.baseUrl);
    classify = async (more) => {
      if (model.classify === undefined) throw new Error('it cannot classify');
      return model.classify({ ...request, ...more });
    };
  });
  afterEach(() => provider.close());

  it('asks once, for JSON, with what each option means', async () => {
    const warn = jest.spyOn(console, 'warn');
    provider.play(respondWithText('{"choice":"finance","confidence":0.8}'));
    expect(await classify()).toEqual({ id: 'finance', confidence: 0.8 });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    expect(provider.requests).toHaveLength(1);
    const body = provider.requests[0]?.body;
    expect(body).toMatchObject({
      temperature: 0,
      response_format: { type: kind === 'Mistral' ? 'json_schema' : 'json_object' },
    });
    expect(body?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(body?.messages[0]?.content).toContain('- finance: Finance: budgets and invoices\n- hr: HR: leave');
    expect(JSON.stringify(body?.messages[1])).toContain('Where does the money go?');
  });

  it('may be that the text belongs to no option', async () => {
    provider.play(respondWithText('{"choice":"none","confidence":0.9}'));
    expect(await classify()).toEqual({ id: undefined, confidence: 0.9 });
  });

  it.each([
    '```json\n{"choice":"finance","confidence":0.9}\n```',
    'Sure! I use {braces} a lot. {"choice": "Finance", "confidence": "0.9"} Hope that helps.',
    '<think>{"choice":"hr","confidence":1}</think>{"choice":"FINANCE_AGENT","confidence":"90%"}',
    '{"answer":{"Choice":"Finance Agent","Confidence":90}}',
    '{"choice":"finance","confidence":"0,9","why":"money {}"}',
    '```\n{\n  "choice": "finance", // money\n  "confidence": .9,\n}\n```',
    "{'agent_name': 'Finance Agent', 'confidence': 0.9, 'why': 'it\\'s money', 'other': None}",
    '{choice: “finance”, confidence: “High”}',
    '{"choice":"zeus","confidence":1} or rather {"choice":"finance","confidence":0.9}',
  ])('understands %s', async (answer) => {
    provider.play(respondWithText(answer));
    expect(await classify()).toEqual({ id: 'finance', confidence: 0.9 });
  });

  it.each(['{"choice":"finance"}', 'Finance.'])('takes %s for an answer that is not sure', async (answer) => {
    provider.play(respondWithText(answer));
    expect(await classify()).toEqual({ id: 'finance', confidence: 0.6 });
  });

  it('asks again without the format that is refused, and not for it any more', async () => {
    provider.play((response, received) => {
      const refusal = { error: { message: "'response_format' of this type is not supported" } };
      const isRefused = received.body.response_format !== undefined;
      const script = isRefused
        ? respondWith(400, refusal)
        : respondWithText('{"choice":"hr","confidence":1}');
      return script(response, received);
    });
    expect([await classify(), await classify()]).toEqual([
      { id: 'hr', confidence: 1 },
      { id: 'hr', confidence: 1 },
    ]);
    expect(provider.requests).toHaveLength(3);
  });

  it('sends only the beginning of a long text', async () => {
    provider.play(respondWithText('{"choice":"none","confidence":1}'));
    await classify({ text: 'x'.repeat(60_000) });
    expect(JSON.stringify(provider.requests[0]?.body.messages[1]).length).toBeLessThan(2200);
  });

  it.each([
    'Finance, I would say',
    '',
    '{"choice":"zeus","confidence":0.8}',
    '{"choice":"finance","confidence":7}',
    '{"choice":"finance","confidence":"who knows"}',
    '[]',
  ])('fails when the answer is %j, and quotes none of it', async (answer) => {
    provider.play(respondWithText(answer));
    const error: unknown = await classify().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'agent_failed',
      message: expect.stringMatching(/(?:sent something that is no answer|gave an empty answer)\.$/),
    });
    expect((error as Error).cause).toBeUndefined();
  });

  it('fails without another try when the provider has a fault', async () => {
    provider.play(respondWith(503, { error: { message: 'busy' } }));
    await expect(classify()).rejects.toMatchObject({
      code: 'agent_failed',
      message: expect.stringContaining('(503)'),
    });
    expect(provider.requests).toHaveLength(1);
  });

  it('fails when it takes longer than it may, and closes the request', async () => {
    provider.play(async (_response, { closed }) => void (await closed));
    // By then the provider has the request, on a busy machine too.
    await expect(classify({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'agent_failed',
      message: expect.stringContaining('no answer within 1 s'),
    });
    expect(await provider.requests[0]?.closed).toBe(true);
  });

  it('ends when it is stopped', async () => {
    const stop = new AbortController();
    provider.play(async (_response, { closed }) => {
      stop.abort();
      await closed;
    });
    await expect(classify({ signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(classify({ signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(provider.requests).toHaveLength(1);
  });
});

it('is nothing that the offline rules can do', () => {
  expect(createOfflineModel().classify).toBeUndefined();
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLanguageModel, type LanguageModelOptions } from '../create-language-model.ts';
import type { AnswerEnd, LanguageModel } from '../language-model.ts';
import { startAnswerDeadline } from './answer-deadline.ts';
import { type AnswerEventsOptions, answerEvents } from './answer-events.ts';
import { ANSWER, MANNERS, THOUGHT } from './stand-in-manners.ts';
import {
  respondWith,
  type Script,
  type StandInProvider,
  startStandInProvider,
  streamPieces,
} from './stand-in-provider.ts';

const hello = { messages: [{ role: 'user', text: 'Hello' }], maxOutputTokens: 50, temperature: 0 } as const;

type Open = (baseUrl: string, options?: LanguageModelOptions, name?: string) => Promise<LanguageModel>;

const kinds: Readonly<Record<string, Open>> = {
  Mistral: (baseUrl, options, name = 'small') =>
    createLanguageModel(
      { MISTRAL_API_KEY: 'key', MISTRAL_MODEL: name },
      { retries: 0, mistralBaseUrl: baseUrl, ...options },
    ),
  'an OpenAI-compatible endpoint': (baseUrl, options, name = 'llama') =>
    createLanguageModel(
      { MISTRAL_MODEL: 'small', LLM_BASE_URL: baseUrl, LLM_MODEL: name },
      { retries: 0, ...options },
    ),
};

let provider: StandInProvider;
beforeEach(async () => {
  provider = await startStandInProvider();
});
afterEach(() => provider.close());

const mannerOf = (name: string): Script => {
  const manner = MANNERS[name];
  if (manner === undefined) throw new Error(`there is no manner "${name}"`);
  return manner.script;
};

describe.each(Object.entries(kinds))('a model of %s', (_kind, open) => {
  it.each(Object.entries(MANNERS).filter(([, { ends }]) => ends === 'answer'))(
    'that %s is understood',
    async (_name, { script }) => {
      provider.play(script);
      const model = await open(provider.baseUrl);
      expect(await model.generateText({ ...hello, system: 'Be brief.' })).toContain(ANSWER);
      const asked = provider.requests.length;
      expect(await model.generateText({ ...hello, system: 'Be brief.' })).toContain(ANSWER);
      // The model's manners are remembered.
      expect(provider.requests.length - asked).toBe(1);
    },
  );

  it('is asked under the name that it takes, and that is logged once', async () => {
    const info = jest.fn();
    provider.play(mannerOf('wants max_completion_tokens'));
    const model = await open(provider.baseUrl, { logger: { info } });
    await model.generateText(hello);
    await model.generateText(hello);
    expect(provider.requests.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).toEqual([
      [50, undefined],
      [undefined, 50],
      [undefined, 50],
    ]);
    expect(info).toHaveBeenCalledTimes(1);
    expect(info).toHaveBeenCalledWith(
      expect.objectContaining({ parameter: 'max_tokens', instead: 'max_completion_tokens' }),
      expect.anything(),
    );
  });

  it('is asked no more often than it refuses something new', async () => {
    provider.play(
      respondWith(400, { error: { message: 'temperature, max_tokens, max_completion_tokens: no' } }),
    );
    const model = await open(provider.baseUrl);
    await expect(model.generateText(hello)).rejects.toMatchObject({
      message: expect.stringContaining('(400)'),
    });
    expect(provider.requests.length).toBeLessThan(6);
    // Nothing was accepted: nothing is remembered.
    provider.play(streamPieces('ok'));
    await model.generateText(hello);
    expect(provider.requests.at(-1)?.body).toMatchObject({ max_tokens: 50, temperature: 0 });
  });

  it('is not asked again because of what a person wrote', async () => {
    provider.play(
      respondWith(400, { error: { message: 'Blocked: "What about max_tokens and temperature?"' } }),
    );
    const model = await open(provider.baseUrl);
    const messages = [{ role: 'user', text: 'What about max_tokens and temperature?' }] as const;
    await expect(model.generateText({ ...hello, messages })).rejects.toMatchObject({ code: 'agent_failed' });
    expect(provider.requests).toHaveLength(1);
  });

  it('is asked again when the whole message is the name of what it refuses', async () => {
    provider.play(mannerOf('wants max_completion_tokens'));
    const model = await open(provider.baseUrl);
    const messages = [{ role: 'user', text: 'max_tokens' }] as const;
    expect(await model.generateText({ ...hello, messages })).toBe(ANSWER);
  });

  it('is left alone when its refusal has no end', async () => {
    provider.play(async (response, { closed }) => {
      response.writeHead(400);
      let isClosed = false;
      const ended = closed.then((byClient) => {
        isClosed = byClient;
      });
      while (!isClosed) {
        if (!response.write('x'.repeat(64 * 1024)))
          await Promise.race([new Promise<void>((drained) => response.once('drain', drained)), ended]);
      }
    });
    const model = await open(provider.baseUrl);
    await expect(model.generateText(hello)).rejects.toThrow('(400)');
    expect(await provider.requests[0]?.closed).toBe(true);
  });

  it('gives its thoughts beside its answer', async () => {
    provider.play(mannerOf('thinks in tags'));
    const model = await open(provider.baseUrl);
    let end: AnswerEnd | undefined;
    await model.generateText({ ...hello, onEnd: (known) => (end = known) });
    expect(end?.reasoning).toContain(THOUGHT);
  });

  it('whose name says that it thinks is understood from the first answer on', async () => {
    const model = await open(provider.baseUrl, {}, 'deepseek-r1:8b');
    provider.play(streamPieces(THOUGHT, '</think>', ANSWER));
    expect(await model.generateText(hello)).toBe(ANSWER);
    provider.play(streamPieces('Yes, ', 'at once'));
    expect(await model.generateText(hello)).toBe('Yes, at once');
    // Thoughts that come apart need not be waited for.
    provider.play(mannerOf('thinks in reasoning_content'));
    expect(await model.generateText(hello)).toBe(ANSWER);
  });

  it('whose template opens the thought is understood from the second answer on', async () => {
    provider.play(streamPieces(THOUGHT, '</think>', ANSWER));
    const model = await open(provider.baseUrl);
    expect(await model.generateText(hello)).not.toContain('</think>');
    expect(await model.generateText(hello)).toBe(ANSWER);
  });
});

describe('the settings of a model', () => {
  const openWith = (more: object): Promise<LanguageModel> =>
    createLanguageModel({
      MISTRAL_MODEL: 'small',
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'llama',
      ...more,
    });

  it('say how it takes parameters, so that it need not refuse them', async () => {
    provider.play(streamPieces('ok'));
    const LLM_PARAMETERS = new Map([
      ['max_tokens', 'max_completion_tokens'],
      ['temperature', ''],
      ['system', 'developer'],
    ]);
    const model = await openWith({ LLM_PARAMETERS });
    await model.generateText({ ...hello, system: 'Be brief.' });
    const [request] = provider.requests;
    expect(request?.body).toMatchObject({
      max_completion_tokens: 50,
      messages: [{ role: 'developer' }, { role: 'user' }],
    });
    expect(request?.body).not.toHaveProperty('max_tokens');
    expect(request?.body).not.toHaveProperty('temperature');
  });

  it('say how long its answers may be, and an answer that is cut off says so', async () => {
    provider.play(mannerOf('is cut off by the limit'));
    const model = await openWith({ LLM_MAX_OUTPUT_TOKENS: 1234 });
    expect(await model.generateText(hello)).toContain('1,234 tokens for one answer (LLM_MAX_OUTPUT_TOKENS)');
    expect(provider.requests[0]?.body.max_tokens).toBe(1234);
  });

  it.each([
    ['http://example.test', ', and try http://example.test/v1'],
    ['http://example.test/api/', ', and try http://example.test/api/v1'],
    ['http://example.test/v1', ''],
  ])('that name no endpoint, %s, are what an error says to check', async (baseUrl, hint) => {
    const fetched = jest
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => new Response('<html>', { status: baseUrl.endsWith('v1') ? 404 : 200 }));
    try {
      const model = await openWith({ LLM_BASE_URL: baseUrl });
      await expect(model.generateText(hello)).rejects.toMatchObject({
        message: expect.stringContaining(
          `This is not an OpenAI endpoint: ${baseUrl}. Check LLM_BASE_URL${hint}.`,
        ),
      });
    } finally {
      fetched.mockRestore();
    }
  });
});

const ignore = (): void => {};
const listening: AnswerEventsOptions = {
  provider: { name: 'llama', modelName: 'llama', keySetting: '', modelSetting: '', secrets: [] },
  opensInThought: false,
  ...{ onAlive: ignore, onThought: ignore, onFinish: ignore, onFailure: ignore, onOpensInThought: ignore },
};

/** The whole result of a provider's stream. */
async function readEvents(
  body: string | ReadableStream<Uint8Array>,
  options: Partial<AnswerEventsOptions>,
): Promise<string> {
  const { body: sent } = new Response(body);
  if (sent === null) throw new Error('no body');
  return new Response(answerEvents(sent, { ...listening, ...options })).text();
}

describe('the stream of a provider', () => {
  it('is read once, however many lines an event has', async () => {
    const onFailure = jest.fn();
    await readEvents('data: x\n'.repeat(100_000), { onFailure });
    expect(onFailure).toHaveBeenCalledTimes(1);
    const json = JSON.stringify(
      { choices: [{ delta: { content: 'x' } }], notes: Array(20_000).fill('y') },
      null,
      1,
    );
    const event = json.replaceAll(/^/gm, 'data: ');
    expect(await readEvents(`${event}\n\ndata: [DONE]\n\n`, {})).toContain('"content":"x"');
  });

  it('is not read without end', async () => {
    const onFailure = jest.fn();
    const event = Buffer.alloc(1024 * 1024, ' ');
    event.write('data: {"choices":[]}');
    event.write('\n\n', event.length - 2);
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => controller.enqueue(event);
    await readEvents(new ReadableStream({ pull }), { onFailure });
    expect(onFailure).toHaveBeenCalledWith(
      expect.objectContaining({ message: expect.stringContaining('more than an answer can be') }),
    );
  });
});

describe('the time that a model may take', () => {
  it('begins anew with each sign of life, and stands still while the reader is busy', () => {
    jest.useFakeTimers();
    try {
      const deadline = startAnswerDeadline({ firstPieceMs: 60_000, nextPieceMs: 30_000 });
      for (let comment = 0; comment < 5; comment++) {
        jest.advanceTimersByTime(50_000);
        deadline.prolong();
      }
      expect(deadline.exceededMs).toBeUndefined();
      deadline.pause();
      deadline.prolong();
      jest.advanceTimersByTime(100_000);
      expect(deadline.exceededMs).toBeUndefined();
      deadline.resume();
      jest.advanceTimersByTime(30_000);
      expect(deadline.exceededMs).toBe(30_000);
    } finally {
      jest.useRealTimers();
    }
  });

  it('knows a comment for a sign of life', async () => {
    const onAlive = jest.fn();
    await readEvents(': OPENROUTER PROCESSING\n\n', { onAlive });
    expect(onAlive).toHaveBeenCalledTimes(1);
  });
});

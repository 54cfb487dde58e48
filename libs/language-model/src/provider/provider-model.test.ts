import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import fc from 'fast-check';
import { createLanguageModel, type LanguageModelOptions } from '../create-language-model.ts';
import type { LanguageModel, ModelMessage } from '../language-model.ts';
import { alternating } from './provider-model.ts';
import {
  beginStream,
  endStream,
  respondWith,
  type StandInProvider,
  startStandInProvider,
  streamPieces,
  writeEvent,
  writePiece,
} from './stand-in-provider.ts';

const hello = { messages: [{ role: 'user', text: 'Hello' }] } as const;

const kinds = {
  Mistral: (baseUrl: string, options: LanguageModelOptions): Promise<LanguageModel> =>
    createLanguageModel(
      { MISTRAL_API_KEY: 'key-of-the-test', MISTRAL_MODEL: 'mistral-small-latest' },
      { ...options, mistralBaseUrl: baseUrl },
    ),
  'an OpenAI-compatible endpoint': (baseUrl: string, options: LanguageModelOptions): Promise<LanguageModel> =>
    createLanguageModel(
      {
        MISTRAL_MODEL: 'mistral-small-latest',
        LLM_BASE_URL: baseUrl,
        LLM_API_KEY: 'key-of-the-test',
        LLM_MODEL: 'llama',
      },
      options,
    ),
};

async function failureOf(answer: Promise<unknown>): Promise<ParleyError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ParleyError);
  return error as ParleyError;
}

describe.each(Object.entries(kinds))('a model of %s', (kind, open) => {
  let provider: StandInProvider;
  let model: LanguageModel;
  let name: string;

  beforeEach(async () => {
    provider = await startStandInProvider();
    model = await open(provider.baseUrl, {});
    name =
      kind === 'Mistral' ? 'mistral-small-latest of Mistral' : `llama at ${new URL(provider.baseUrl).host}`;
  });
  afterEach(() => provider.close());

  it('sends instructions, messages, limits and the key as the protocol wants them', async () => {
    provider.play(streamPieces('Hi'));
    await model.generateText({
      system: 'You are brief.',
      messages: [
        { role: 'user', text: 'One?' },
        { role: 'assistant', text: 'One.' },
        { role: 'user', text: 'Two?' },
      ],
      maxOutputTokens: 50,
      temperature: 0.5,
    });
    const [request] = provider.requests;
    expect(request?.url).toBe('/v1/chat/completions');
    expect(request?.headers.authorization).toBe('Bearer key-of-the-test');
    expect(request?.body).toMatchObject({
      model: kind === 'Mistral' ? 'mistral-small-latest' : 'llama',
      stream: true,
      max_tokens: 50,
      temperature: 0.5,
    });
    expect(request?.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(JSON.stringify(request?.body.messages)).toContain('You are brief.');
  });

  it('hands on each piece when it arrives, not when the answer is complete', async () => {
    const isFirstSeen = Promise.withResolvers<void>();
    provider.play(async (response) => {
      beginStream(response);
      writePiece(response, 'Hel');
      await isFirstSeen.promise;
      writePiece(response, 'lo');
      endStream(response);
    });
    const pieces: string[] = [];
    for await (const piece of model.streamText(hello)) {
      pieces.push(piece);
      isFirstSeen.resolve();
    }
    expect(pieces).toEqual(['Hel', 'lo']);
  });

  it('gives the whole answer as one text', async () => {
    provider.play(streamPieces('Grüße', ' 👋', ' at once'));
    await expect(model.generateText(hello)).resolves.toBe('Grüße 👋 at once');
  });

  it('asks nothing of the provider before the first piece is wanted', async () => {
    const pieces = model.streamText(hello)[Symbol.asyncIterator]();
    provider.play(streamPieces('Hi'));
    expect(provider.requests).toHaveLength(0);
    await pieces.next();
    expect(provider.requests).toHaveLength(1);
    await pieces.return?.();
  });

  it('names the setting to check when the key is refused, and does not try again', async () => {
    provider.play(
      respondWith(401, { object: 'error', message: 'no', type: 'auth', param: null, code: null }),
    );
    const error = await failureOf(model.generateText(hello));
    const setting = kind === 'Mistral' ? 'MISTRAL_API_KEY' : 'LLM_API_KEY';
    expect(error.code).toBe('agent_failed');
    expect(error.message).toBe(`${name} refused access (401): check ${setting}. It says: “no”`);
    expect(error.details).toEqual({ provider: name, status: 401 });
    expect(provider.requests).toHaveLength(1);
  });

  it.each([
    [400, 'did not accept the request (400)'],
    [402, 'wants to be paid (402)'],
    [404, 'does not know the model'],
    [413, 'finds the message too long (413)'],
  ])('explains a %i, with what the provider says but without what people wrote', async (status, words) => {
    provider.play(respondWith(status, { error: { message: 'too bad:\u001b[31m my diary\u202e\n, sorry' } }));
    const diary = { messages: [{ role: 'user', text: 'my diary' }] } as const;
    const error = await failureOf(model.generateText(diary));
    expect(error.message).toContain(`${name} ${words}`);
    expect(error.message).toMatch(/ It says: “too bad: \[31m … , sorry”$/);
    expect(String(error.cause)).not.toContain('diary');
  });

  it('tells no more than the beginning of a long explanation', async () => {
    provider.play(respondWith(400, { error: { message: 'x'.repeat(5000) } }));
    expect((await failureOf(model.generateText(hello))).message.length).toBeLessThan(400);
  });

  it('tries again after a 429 and answers', async () => {
    provider.play(respondWith(429, { error: { message: 'slow down' } }), streamPieces('Hi'));
    await expect(model.generateText(hello)).resolves.toBe('Hi');
    expect(provider.requests).toHaveLength(2);
  });

  it('gives up after two more tries at a provider with a fault', async () => {
    provider.play(respondWith(500, { error: { message: 'boom' } }));
    const error = await failureOf(model.generateText(hello));
    expect(error.message).toBe(`${name} has a fault (500): try again later. It says: “boom”`);
    expect(provider.requests).toHaveLength(3);
  });

  it('fails, after the pieces that came, when the connection is cut in the middle', async () => {
    const isFirstSeen = Promise.withResolvers<void>();
    provider.play(async (response) => {
      beginStream(response);
      writePiece(response, 'Hel');
      await isFirstSeen.promise;
      response.destroy();
    });
    const pieces: string[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of model.streamText(hello)) {
        pieces.push(piece);
        isFirstSeen.resolve();
      }
    };
    const error = await failureOf(read());
    expect(pieces).toEqual(['Hel']);
    expect(error.message).toBe(`${name} broke off in the middle of its answer.`);
  });

  it('does not take half an answer for a whole one when the stream ends without its end mark', async () => {
    provider.play((response) => {
      beginStream(response);
      writePiece(response, 'Hel');
      response.end();
    });
    const error = await failureOf(model.generateText(hello));
    expect(error.message).toBe(`${name} broke off in the middle of its answer.`);
  });

  it('fails at a chunk that is not JSON, without quoting it', async () => {
    provider.play((response) => {
      beginStream(response);
      writePiece(response, 'Hel');
      response.write('data: {"choices": [{ "my diary"\n\n');
      endStream(response);
    });
    const error = await failureOf(model.generateText(hello));
    expect(error.message).toBe(`${name} sent something that is no answer.`);
    expect(error.cause).toBeUndefined();
  });

  it('fails at an error that the provider reports inside the stream', async () => {
    provider.play((response) => {
      beginStream(response);
      writePiece(response, 'Hel');
      writeEvent(response, { error: { message: 'overloaded', type: 'server_error', code: 529 } });
      response.end('data: [DONE]\n\n');
    });
    const error = await failureOf(model.generateText(hello));
    expect(error.code).toBe('agent_failed');
    expect(error.message).toBe(
      `${name} reported an error in the middle of its answer. It says: “overloaded”`,
    );
  });

  it('fails at an answer without a word', async () => {
    provider.play(streamPieces());
    const error = await failureOf(model.generateText(hello));
    expect(error.message).toBe(`${name} gave an empty answer.`);
  });

  describe('closes the request to the provider', () => {
    it('when the signal is aborted before the provider has answered at all', async () => {
      const abort = new AbortController();
      provider.play(() => abort.abort(new ParleyError('cancelled', 'You stopped it.')));
      const error = await failureOf(model.generateText({ ...hello, signal: abort.signal }));
      expect(error).toMatchObject({ code: 'cancelled', message: 'You stopped it.' });
      await expect(provider.requests[0]?.closed).resolves.toBe(true);
    });

    it('when the signal is aborted in the middle of the answer', async () => {
      const abort = new AbortController();
      provider.play((response) => {
        beginStream(response);
        writePiece(response, 'Hel');
      });
      const read = async (): Promise<void> => {
        for await (const _piece of model.streamText({ ...hello, signal: abort.signal })) abort.abort('stop');
      };
      const error = await failureOf(read());
      expect(error).toMatchObject({ code: 'cancelled', message: 'The answer was stopped.' });
      await expect(provider.requests[0]?.closed).resolves.toBe(true);
    });

    it('when the reader takes no more pieces', async () => {
      provider.play((response) => {
        beginStream(response);
        writePiece(response, 'Hel');
      });
      for await (const _piece of model.streamText(hello)) break;
      await expect(provider.requests[0]?.closed).resolves.toBe(true);
    });

    it('when no first piece comes in time', async () => {
      provider.play((response) => beginStream(response));
      // By then the provider has the request, on a busy machine too.
      const hasty = await open(provider.baseUrl, { limits: { firstPieceMs: 1_000 } });
      const error = await failureOf(hasty.generateText(hello));
      expect(error.message).toBe(`${name} gave no answer within 1 s (LLM_FIRST_TOKEN_TIMEOUT_MS).`);
      await expect(provider.requests[0]?.closed).resolves.toBe(true);
    });

    it('when it falls silent after a piece', async () => {
      provider.play((response) => {
        beginStream(response);
        writePiece(response, 'Hel');
      });
      const hasty = await open(provider.baseUrl, { limits: { nextPieceMs: 50 } });
      const error = await failureOf(hasty.generateText(hello));
      expect(error.message).toBe(
        `${name} fell silent for 0.05 s in the middle of its answer (LLM_IDLE_TIMEOUT_MS).`,
      );
      await expect(provider.requests[0]?.closed).resolves.toBe(true);
    });
  });

  it('makes no request with a signal that is aborted already', async () => {
    const error = await failureOf(model.generateText({ ...hello, signal: AbortSignal.abort() }));
    expect(error.code).toBe('cancelled');
    expect(provider.requests).toHaveLength(0);
  });
});

it('does not count the time the reader takes as silence of the provider', async () => {
  const provider = await startStandInProvider();
  try {
    const isReaderBack = Promise.withResolvers<void>();
    provider.play(async (response) => {
      beginStream(response);
      writePiece(response, 'a');
      writePiece(response, 'b');
      await isReaderBack.promise;
      writePiece(response, 'c');
      endStream(response);
    });
    const hasty = await kinds.Mistral(provider.baseUrl, { limits: { nextPieceMs: 500 } });
    // Fakes only the timers: the connection goes on by itself.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
    const pieces: string[] = [];
    for await (const piece of hasty.streamText(hello)) {
      pieces.push(piece);
      if (piece !== 'b') continue;
      jest.advanceTimersByTime(700);
      isReaderBack.resolve();
    }
    expect(pieces).toEqual(['a', 'b', 'c']);
  } finally {
    jest.useRealTimers();
    await provider.close();
  }
});

const user = (text: string): ModelMessage => ({ role: 'user', text });
const assistant = (text: string): ModelMessage => ({ role: 'assistant', text });

describe('the turns of a conversation', () => {
  it('become one where an answer failed or was stopped, or two replies came in a row', () => {
    const said = [user('One?'), user('Hello?'), assistant('One.'), assistant('[HR] Two.'), user('Thanks')];
    expect(alternating(said)).toEqual([
      user('One?\n\nHello?'),
      assistant('One.\n\n[HR] Two.'),
      user('Thanks'),
    ]);
  });

  it('begin with the person, and have neither empty ones nor thoughts', () => {
    const said = [
      assistant('Welcome'),
      user('One?'),
      assistant('<think>hm</think>'),
      user(' \n'),
      user('Two?'),
    ];
    expect(alternating(said)).toEqual([user('One?\n\nTwo?')]);
  });

  it('alternate and end with the person, whatever was said', () => {
    const turn = fc.tuple(fc.boolean(), fc.constantFrom('', ' ', 'a', '<think>b</think>'));
    fc.assert(
      fc.property(fc.array(turn), (turns) => {
        const given = turns.map(([isUser, text]) => (isUser ? user(text) : assistant(text)));
        const told = alternating(given);
        told.forEach(({ role, text }, index) => {
          expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant');
          expect(text.trim()).not.toBe('');
        });
        expect(told.at(-1)?.role).toBe('user');
      }),
    );
  });
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import { createLanguageModel } from '../create-language-model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { ModelTool } from '../model-tool.ts';
import {
  beginStream,
  callTools,
  respondWith,
  type StandInProvider,
  startStandInProvider,
  streamPieces,
  writeEvent,
  writePiece,
} from './stand-in-provider.ts';

const kinds = {
  Mistral: (mistralBaseUrl: string): Promise<LanguageModel> =>
    createLanguageModel({ MISTRAL_API_KEY: 'key', MISTRAL_MODEL: 'small' }, { mistralBaseUrl, retries: 0 }),
  'an OpenAI-compatible endpoint': (LLM_BASE_URL: string): Promise<LanguageModel> =>
    createLanguageModel({ MISTRAL_MODEL: 'small', LLM_BASE_URL, LLM_MODEL: 'llama' }, { retries: 0 }),
};

const Sum = z.object({ a: z.number(), b: z.number().default(1) });

function addTool(run: (input: z.infer<typeof Sum>) => Promise<string>): ModelTool {
  return {
    name: 'add',
    description: 'Adds two numbers',
    input: Sum,
    run: (input) => run(input as z.infer<typeof Sum>),
  };
}

describe.each(Object.entries(kinds))('a model of %s with tools', (_kind, open) => {
  let provider: StandInProvider;
  let model: LanguageModel;

  beforeEach(async () => {
    provider = await startStandInProvider();
    model = await open(provider.baseUrl);
  });
  afterEach(() => provider.close());

  const ask = (tools: readonly ModelTool[]): Promise<string> =>
    model.generateText({ messages: [{ role: 'user', text: 'What is 1 + 2?' }], tools });

  it.each(['{"a": 1', '{"a": 1}'])(
    'does nothing with the call %s when it broke off after it',
    async (written) => {
      const run = jest.fn(async () => 'done');
      const call = { index: 0, id: 'call0', type: 'function', function: { name: 'add', arguments: written } };
      provider.play((response) => {
        beginStream(response);
        writePiece(response, 'I add.');
        writeEvent(response, { choices: [{ index: 0, delta: { tool_calls: [call] } }] });
        response.end();
      }, streamPieces('It is 3.'));
      await expect(ask([addTool(run)])).rejects.toThrow('broke off in the middle');
      expect(run).not.toHaveBeenCalled();
      expect(provider.requests).toHaveLength(1);
    },
  );

  it('runs the tool with parsed arguments and goes on with what it returned', async () => {
    const inputs: unknown[] = [];
    const tool = addTool(async (input) => {
      inputs.push(input);
      return `The sum is ${input.a + input.b}.`;
    });
    provider.play(callTools({ name: 'add', input: { a: 2 } }), streamPieces('It is', ' 3.'));
    await expect(ask([tool])).resolves.toBe('It is 3.');
    expect(inputs).toEqual([{ a: 2, b: 1 }]);
    const [first, second] = provider.requests;
    expect(first?.body.tools).toMatchObject([
      { function: { name: 'add', parameters: { type: 'object', required: ['a'] } } },
    ]);
    expect(JSON.stringify(second?.body.messages.at(-1))).toContain('The sum is 3.');
  });

  it('streams what is written before and after the tool, each by itself', async () => {
    provider.play(
      callTools({ name: 'add', input: { a: 2 }, before: 'Let me see.' }),
      streamPieces('It is', ' 3.'),
    );
    const pieces: string[] = [];
    const tools = [addTool(async () => '3')];
    for await (const piece of model.streamText({ messages: [{ role: 'user', text: '?' }], tools }))
      pieces.push(piece);
    expect(pieces).toEqual(['Let me see.', '\n\nIt is', ' 3.']);
  });

  it('runs the tools of one round one after another, in their order', async () => {
    const events: string[] = [];
    const tool = addTool(async ({ a }) => {
      events.push(`begin ${a}`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`end ${a}`);
      return 'done';
    });
    provider.play(
      callTools({ name: 'add', input: { a: 1 } }, { name: 'add', input: { a: 2 } }),
      streamPieces('Done.'),
    );
    await ask([tool]);
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('tells the model when arguments do not fit, without running the tool, and lets it try again', async () => {
    const inputs: unknown[] = [];
    const tool = addTool(async (input) => {
      inputs.push(input);
      return 'ok';
    });
    provider.play(
      callTools({ name: 'add', input: { a: 'two' } }),
      callTools({ name: 'add', input: { a: 2, b: 3 } }),
      streamPieces('5'),
    );
    await expect(ask([tool])).resolves.toBe('5');
    expect(inputs).toEqual([{ a: 2, b: 3 }]);
    expect(provider.requests).toHaveLength(3);
  });

  it('ends with what a tool throws', async () => {
    const tool = addTool(async () => {
      throw new ParleyError('store_unavailable', 'The memory is away.');
    });
    provider.play(callTools({ name: 'add', input: { a: 1 } }), streamPieces('Never mind'));
    await expect(ask([tool])).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('lets the model call tools no more after seven rounds', async () => {
    provider.play(
      callTools({ name: 'add', input: { a: 1 } }),
      ...Array.from({ length: 6 }, () => callTools({ name: 'add', input: { a: 1 } })),
      streamPieces('Enough.'),
    );
    await expect(ask([addTool(async () => 'again')])).resolves.toBe('Enough.');
    expect(provider.requests.map(({ body }) => body.tool_choice)).toEqual([
      ...Array.from({ length: 7 }, () => 'auto'),
      'none',
    ]);
  });

  it('fails as without tools when the provider refuses in the second round', async () => {
    provider.play(
      callTools({ name: 'add', input: { a: 1 } }),
      respondWith(403, { error: { message: 'no' } }),
    );
    await expect(ask([addTool(async () => 'ok')])).rejects.toMatchObject({ code: 'agent_failed' });
  });
});

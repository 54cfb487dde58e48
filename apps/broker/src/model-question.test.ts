import { describe, expect, it, jest } from '@jest/globals';
import { type Classification, type ClassifyRequest, createLanguageModel } from '@parley/language-model';
import { respondWithText, startStandInProvider } from '@parley/language-model/stand-in-provider';
import { createLogger } from '@parley/process-kit';
import { createModelQuestion, type ModelQuestionOptions } from './model-question.ts';

const options = [{ id: 'finance', description: 'Finance' }];

function fixture(more: Partial<ModelQuestionOptions> = {}) {
  const asked: ClassifyRequest[] = [];
  const answers: PromiseWithResolvers<Classification>[] = [];
  const stopped = new AbortController();
  const clock = { now: 0 };
  const classify = (request: ClassifyRequest): Promise<Classification> => {
    const answer = Promise.withResolvers<Classification>();
    request.signal?.addEventListener('abort', () => answer.reject(new Error('aborted')));
    asked.push(request);
    answers.push(answer);
    return answer.promise;
  };
  const question = createModelQuestion({
    model: { label: 'Mistral', classify },
    timeoutMs: 3000,
    signal: stopped.signal,
    logger: createLogger('test', 'silent'),
    clock: () => clock.now,
    ...more,
  });
  const fail = async (): Promise<unknown> => {
    const answer = question.ask('?', options);
    answers.at(-1)?.reject(new Error('the provider is away'));
    return answer;
  };
  return { question, asked, answers, stopped, clock, fail };
}

describe('a question to the language model', () => {
  it('gives the choice and the model that made it', async () => {
    const { question, asked, answers } = fixture();
    const answer = question.ask('Where does it go?', options);
    answers[0]?.resolve({ id: 'finance', confidence: 0.7 });
    expect(await answer).toEqual({ group: 'finance', confidence: 0.7, model: 'Mistral' });
    expect(asked[0]).toMatchObject({ text: 'Where does it go?', options, timeoutMs: 3000 });
  });

  it.each([
    ['there is no model', { model: { label: 'offline rules' } }],
    ['it is switched off', { timeoutMs: 0 }],
  ])('is not asked when %s', async (_when, more) => {
    const { question, asked } = fixture(more);
    expect(question.isAvailable).toBe(false);
    expect(await question.ask('?', options)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is not asked when there is nothing to choose from', async () => {
    const { question, asked } = fixture();
    expect(await question.ask('?', [])).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is not asked while as many are under way as may be', async () => {
    const { question, asked, answers } = fixture({ maxAtOnce: 1 });
    const first = question.ask('1', options);
    expect(question.isAvailable).toBe(false);
    expect(await question.ask('2', options)).toBeUndefined();
    answers[0]?.resolve({ id: undefined, confidence: 1 });
    await first;
    expect(question.isAvailable).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('rests after three failures in a row, and is asked again afterwards', async () => {
    const { question, answers, clock, fail } = fixture({ restMs: 1000 });
    expect([await fail(), await fail()]).toEqual([undefined, undefined]);
    const good = question.ask('?', options);
    answers.at(-1)?.resolve({ id: 'finance', confidence: 1 });
    await good;
    await fail();
    await fail();
    expect(question.isAvailable).toBe(true);
    await fail();
    expect(question.isAvailable).toBe(false);
    clock.now = 999;
    expect(question.isAvailable).toBe(false);
    clock.now = 1000;
    expect(question.isAvailable).toBe(true);
  });

  it('that cannot be understood is a line in the log', async () => {
    const provider = await startStandInProvider();
    try {
      provider.play(respondWithText('Zeus, I would say.'));
      const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
      const warn = jest.fn();
      const logger = { ...createLogger('test', 'silent'), warn } as unknown as ModelQuestionOptions['logger'];
      const { question } = fixture({ model: await createLanguageModel(settings), logger });
      expect(await question.ask('?', options)).toBeUndefined();
      expect(warn).toHaveBeenCalledWith(
        expect.objectContaining({
          err: expect.objectContaining({ message: expect.stringContaining('no answer') }),
        }),
        expect.any(String),
      );
    } finally {
      await provider.close();
    }
  });

  it('is given up when others wait, which is no failure of the model', async () => {
    const { question } = fixture({ maxFailures: 1 });
    const answers = ['1', '2'].map((text) => question.ask(text, options));
    question.hurry();
    expect(await Promise.all(answers)).toEqual([undefined, undefined]);
    expect(question.isAvailable).toBe(true);
  });

  it('fails when the process goes down: the message goes back to its queue', async () => {
    const { question, stopped } = fixture();
    const answer = question.ask('?', options);
    stopped.abort();
    await expect(answer).rejects.toBe(stopped.signal.reason);
    await expect(question.ask('?', options)).rejects.toBe(stopped.signal.reason);
  });
});

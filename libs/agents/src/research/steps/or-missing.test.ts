import { describe, expect, it } from '@jest/globals';
import { testStep } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { createDataFolder } from '@parley/research-tools';
import { type ErrorCode, ParleyError } from '@parley/shared-models';
import { createExecutorAgent } from '../executor-agent.ts';
import { asJson } from '../plan/plan-steps.ts';
import type { StepInput } from './step-input.ts';

const model = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

const executor = (code: ErrorCode = 'forbidden') =>
  createExecutorAgent({
    model,
    data: createDataFolder(),
    fetchPage: () => Promise.reject(new ParleyError(code, 'example.com is not there.')),
  });
const url = 'https://example.com/x';

describe('a source that cannot be had', () => {
  it.each<[StepInput, string]>([
    [{ do: 'page', url }, `${url} could not be read: example.com is not there.`],
    [
      { do: 'query', file: 'none', query: {} } as StepInput,
      'none could not be queried: There is no data file',
    ],
    [{ do: 'calculate', expression: '2 +* 3' }, '2 +* 3 could not be calculated: '],
  ])('is a finding that says so: %j', async (input, said) => {
    const { result } = await testStep(executor(), { step: { input: asJson(input) } });
    expect(result).toMatchObject({ isMissing: true, source: '', summary: expect.stringContaining(said) });
  });

  it('is asked for again while that may help, and given up with the last attempt', async () => {
    const attempt = (number: number) =>
      testStep(executor('unavailable'), { step: { input: { do: 'page', url }, attempt: number } });
    await expect(attempt(2)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await attempt(3)).result).toMatchObject({ isMissing: true });
  });

  it('is no finding when the step was stopped', async () => {
    await expect(
      testStep(executor('cancelled'), { step: { input: { do: 'page', url }, attempt: 3 } }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});

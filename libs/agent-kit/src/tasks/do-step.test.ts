import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { z } from 'zod';
import { defineAgent, type StepContext } from '../agent-definition.ts';
import { testStep } from '../testing/test-step.ts';

const agent = (onStep: (context: StepContext) => never | unknown) =>
  defineAgent({ name: 'Executor', onMessage: () => 'no', onStep: onStep as never });

describe('an agent that does a step', () => {
  it('gets its input and the results of those before, checked as it wants them', async () => {
    const key = newId();
    const { result } = await testStep(
      agent(({ step, user, text }) => {
        const { ticker } = step.parseInput(z.object({ ticker: z.string() }));
        const days = step.parseResult('prices', z.array(z.number()));
        return {
          ticker,
          sum: days.reduce((a, b) => a + b),
          user: user.name,
          text,
          key: step.key,
          left: undefined,
        };
      }),
      { step: { title: 'Sum', input: { ticker: 'AAPL' }, results: { prices: [1, 2] }, key } },
    );
    expect(result).toEqual({ ticker: 'AAPL', sum: 3, user: 'Ada', text: 'Sum', key });
  });

  it.each([
    ['an input', agent(({ step }) => step.parseInput(z.object({ ticker: z.string() }))), 'The input'],
    [
      'a result',
      agent(({ step }) => step.parseResult('prices', z.array(z.number()))),
      'The result of "prices"',
    ],
  ])('fails for good with %s that it cannot use', async (_, definition, what) => {
    await expect(testStep(definition)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(what),
    });
  });

  it('says how far it is', async () => {
    const { progress } = await testStep(
      agent(({ step }) => {
        step.progress('half');
        step.progress('x'.repeat(2000));
      }),
    );
    expect(progress).toEqual(['half', 'x'.repeat(1000)]);
  });

  it('gives null where it returns nothing', async () => {
    expect((await testStep(agent(() => undefined))).result).toBeNull();
  });

  it('fails the attempt by what it throws, or when JSON cannot say what it gives', async () => {
    const throwing = testStep(
      agent(() => {
        throw new Error('no prices');
      }),
    );
    await expect(throwing).rejects.toMatchObject({
      code: 'agent_failed',
      message: 'Executor failed: no prices',
    });
    await expect(testStep(agent(() => 1n))).rejects.toMatchObject({ code: 'agent_failed' });
  });

  it('refuses steps where it does none', async () => {
    const definition = defineAgent({ name: 'Talker', onMessage: () => 'hello' });
    await expect(testStep(definition)).rejects.toMatchObject({ code: 'not_supported' });
  });
});

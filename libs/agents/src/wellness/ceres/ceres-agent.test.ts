import { describe, expect, it } from '@jest/globals';
import { testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { callTools, startStandInProvider, streamPieces } from '@parley/language-model/stand-in-provider';
import { createCeresAgent } from './ceres-agent.ts';

const offline = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

describe('Ceres, the agent', () => {
  it('remembers a diet for later suggestions, of each person apart', async () => {
    const ceres = testAgent(createCeresAgent(offline));
    await ceres.send('I am vegan');
    expect((await ceres.send('What should I eat for breakfast?')).text).toContain('Heeded: vegan');
    const grace = { id: 'grace', name: 'Grace' };
    expect((await ceres.send('What should I eat for breakfast?', { user: grace })).text).not.toContain(
      'Heeded',
    );
  });

  it('notes a meal once when its message is handed out again', async () => {
    const ceres = testAgent(createCeresAgent(offline));
    const first = await ceres.send('I had oatmeal and a banana for breakfast');
    expect((await ceres.redeliver()).text).toBe(first.text);
    expect((await ceres.send('How did I eat this week?')).text).toContain('1 meal on 1 day');
  });

  it('says what it does not understand', async () => {
    expect((await testAgent(createCeresAgent(offline)).send('I ran 5 km')).text).toContain(
      'That I do not understand',
    );
  });

  it('keeps the same log with a language model', async () => {
    const provider = await startStandInProvider();
    try {
      const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
      const ceres = testAgent(createCeresAgent(await createLanguageModel(settings)));
      provider.play(
        callTools({ name: 'log_meal', input: { meal: 'lunch', foods: ['pizza'] } }),
        streamPieces('Enjoy it!'),
      );
      expect((await ceres.send('pizza it was')).text).toBe('Enjoy it!');
      expect(ceres.memory.values('ada')).toMatchObject({
        nutrition: { meals: [{ meal: 'lunch', foods: ['pizza'] }] },
      });
    } finally {
      await provider.close();
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { callTools, startStandInProvider, streamPieces } from '@parley/language-model/stand-in-provider';
import { createHeliosAgent } from './helios-agent.ts';

const offline = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

describe('Helios', () => {
  it('knows the goal in another process that has the same memory', async () => {
    const before = testAgent(createHeliosAgent(offline));
    await before.send('my goal is 10k steps');
    const { memory } = before;
    const later = testAgent(createHeliosAgent(offline), { memory });
    expect((await later.send('What is my goal?')).text).toContain('10k steps');
    expect((await later.send('What is my goal?', { user: { id: 'grace', name: 'Grace' } })).text).toContain(
      'no goal yet',
    );
  });

  it('logs a workout once when its message is handed out again', async () => {
    const helios = testAgent(createHeliosAgent(offline));
    const first = await helios.send('I ran 5 km in 30 minutes');
    expect((await helios.redeliver()).text).toBe(first.text);
    expect((await helios.send('How was my week?')).text).toContain('1 workout 💪');
  });

  it('says what it does not understand', async () => {
    const helios = testAgent(createHeliosAgent(offline));
    expect((await helios.send('What should I eat for breakfast?')).text).toContain(
      'That I do not understand',
    );
  });

  it('writes a week and a plan that Markdown shows as they are meant', async () => {
    const helios = testAgent(createHeliosAgent(offline));
    await helios.send('I ran 5 km');
    expect((await helios.send('How was my week?')).text).toMatch(/💪\n\n- Saturday|💪\n\n- \w+day/);
    expect((await helios.send('Make me a plan')).text).toMatch(
      /💪\n\n\| day \| what \|\n\| --- \| --- \|\n\| Monday/,
    );
  });

  it('keeps the same log with a language model', async () => {
    const provider = await startStandInProvider();
    try {
      const settings = { MISTRAL_MODEL: 'small', LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' };
      const helios = testAgent(createHeliosAgent(await createLanguageModel(settings)));
      provider.play(
        callTools(
          { name: 'set_goal', input: { goal: '10k steps' } },
          { name: 'log_workout', input: { activity: 'walking', steps: 4000 } },
        ),
        streamPieces('Keep going!'),
      );
      expect((await helios.send('10k steps is what I aim at, 4k done')).text).toBe('Keep going!');
      expect(JSON.stringify(provider.requests[1]?.body.messages)).toContain('6,000 to go');
    } finally {
      await provider.close();
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import { createHrAgent } from './hr-agent.ts';

const offline = await createLanguageModel({ MISTRAL_MODEL: 'mistral-small-latest' });

describe('HR, offline', () => {
  it('keeps leave days from one message to the next', async () => {
    const hr = testAgent(createHrAgent(offline));
    await hr.send('I have 30 days of leave');
    await hr.send('I take 5 days off in July');
    await hr.send('I take half a day off on Friday');
    expect((await hr.send('How many leave days do I have left?')).text).toBe(
      'You have **24.5 days** of your 30 days of leave left.\n\nTaken:\n- 5 days in July\n- half a day on Friday',
    );
  });

  it('notes leave once when its message is handed out again', async () => {
    const hr = testAgent(createHrAgent(offline));
    await hr.send('I have 30 days of leave');
    const first = await hr.send('I take 5 days off in July');
    expect((await hr.redeliver()).text).toBe(first.text);
    expect((await hr.send('How many leave days do I have left?')).text).toContain('**25 days**');
  });

  it('answers from the handbook, and does not take sick days from the leave', async () => {
    const hr = testAgent(createHrAgent(offline));
    await hr.send('I have 30 days of leave');
    expect((await hr.send('I was sick for 3 days')).text).toMatch(
      /certificate[\s\S]*— HR handbook, \*Illness and family › /,
    );
    expect((await hr.send('How many days of leave do I have left?')).text).toContain('all of it is left');
  });

  it('says what it does not understand, and what one can say', async () => {
    const hr = testAgent(createHrAgent(offline));
    expect((await hr.send('Who won the world cup?')).text).toMatch(
      /^I found nothing on that.*30 days of leave/,
    );
  });

  it('holds sessions', () => {
    expect(createHrAgent(offline).holdsSession).toBe(true);
  });
});

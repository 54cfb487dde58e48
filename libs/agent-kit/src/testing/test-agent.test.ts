import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { z } from 'zod';
import { defineAgent } from '../agent-definition.ts';
import { testAgent } from './test-agent.ts';
import { createTestContext } from './test-context.ts';

const counter = defineAgent({
  name: 'Counter',
  holdsSession: true,
  async onMessage({ memory, user, reply }) {
    await reply(`${user.name}: ${await memory.update('count', z.number(), (count = 0) => count + 1)}`);
  },
});

describe('an agent under test', () => {
  it('remembers from one message to the next, each person apart', async () => {
    const { send, memory } = testAgent(counter);
    expect((await send('one')).text).toBe('Ada: 1');
    expect((await send('two')).text).toBe('Ada: 2');
    expect((await send('one', { user: { id: 'bob', name: 'Bob' } })).text).toBe('Bob: 1');
    expect(memory.values('ada')).toEqual({ count: 2 });
  });

  it('handles a message again as after a crash', async () => {
    const { send, redeliver, memory } = testAgent(counter);
    await send('one');
    const second = await send('two');
    expect(await redeliver()).toEqual(second);
    expect(memory.values('ada')).toEqual({ count: 2 });
    await expect(testAgent(counter).redeliver()).rejects.toThrow('no message');
  });

  it('knows what was said before, also its own replies', async () => {
    const seen: string[][] = [];
    const { send } = testAgent({
      name: 'Listener',
      async onMessage({ history, text }) {
        seen.push((await history()).map((message) => `${message.sender.name}: ${message.text}`));
        return `heard ${text}`;
      },
    });
    await send('one');
    await send('elsewhere', { conversationId: newId() });
    await send('two');
    expect(seen).toEqual([[], [], ['Ada: one', 'Listener: heard one']]);
  });

  it('gives it the answers of other agents that the test has for it', async () => {
    const { send } = testAgent(
      { name: 'Boss', onMessage: async ({ ask }) => `I hear: ${(await ask('Finance', 'left?')).text}` },
      { ask: (agent, text) => `${agent} ${text} € 10` },
    );
    const { text, asked } = await send('what is left?');
    expect(text).toBe('I hear: Finance left? € 10');
    expect(asked).toEqual([{ agent: 'Finance', text: 'left?' }]);
  });

  it('fails where it asks somebody for whom the test has no answer', async () => {
    const { send } = testAgent({
      name: 'Boss',
      onMessage: async ({ ask }) => (await ask({ group: 'hr' }, '?')).text,
    });
    await expect(send('go')).rejects.toMatchObject({ code: 'unknown_agent' });
  });

  it('lets a person end the session, with a confirmation of its own or that of the kit', async () => {
    expect((await testAgent(counter).end()).text).toBe(
      'You have left the conversation with Counter. Write again whenever you like.',
    );
    const polite = { ...counter, onSessionEnd: () => 'Bye!' };
    expect((await testAgent(polite).end()).text).toBe('Bye!');
    const silent = { ...counter, onSessionEnd: () => {} };
    expect((await testAgent(silent).end()).replies).toEqual([]);
  });

  it('takes a returned text for the reply only where there was none', async () => {
    const { send } = testAgent({
      name: 'Talker',
      async onMessage({ reply, stream }) {
        await reply('first');
        return stream(pieces('sec', 'ond'));
      },
    });
    const answer = await send('go');
    expect(answer.replies).toEqual(['first', 'second']);
    expect(answer.pieces).toEqual(['sec', 'ond']);
  });

  it('rejects with what the agent throws', async () => {
    const { send } = testAgent({
      name: 'Broken',
      onMessage: () => {
        throw new Error('no');
      },
    });
    await expect(send('go')).rejects.toThrow('no');
  });

  it('refuses a definition that could not register', () => {
    expect(() => testAgent({ ...counter, concurrency: 0 })).toThrow(/concurrency/);
  });
});

describe('a test context', () => {
  it('stops as a person stops an answer', async () => {
    const { context, replies, stop } = createTestContext('go');
    stop();
    expect(context.signal.aborted).toBe(true);
    await expect(context.reply('too late')).rejects.toMatchObject({ code: 'cancelled' });
    expect(replies).toEqual([]);
  });

  it('gives the last messages of the history it was given', async () => {
    const { context } = createTestContext('go', { history: ['one', 'two', 'three'] });
    expect((await context.history({ limit: 2 })).map(({ text, seq }) => [text, seq])).toEqual([
      ['two', 2],
      ['three', 3],
    ]);
    await expect(context.history({ limit: 0 })).rejects.toMatchObject({ code: 'agent_failed' });
  });
});

async function* pieces(...all: string[]): AsyncGenerator<string> {
  yield* all;
}

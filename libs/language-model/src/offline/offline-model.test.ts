import { describe, expect, it } from '@jest/globals';
import { createOfflineModel } from './offline-model.ts';

const model = createOfflineModel({ now: () => new Date('2026-01-31T09:30:00Z') });
const ask = (text: string) => model.generateText({ messages: [{ role: 'user', text }] });

describe('the offline rules', () => {
  it('say what they are', () => {
    expect(model).toMatchObject({ label: 'offline rules', isOffline: true });
  });

  it('answer in words, which together are the answer with its line breaks', async () => {
    const pieces: string[] = [];
    const request = { messages: [{ role: 'user', text: 'How do I add an agent?' }] } as const;
    for await (const piece of model.streamText(request)) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.join('')).toBe(await model.generateText(request));
    expect(pieces.join('')).toContain("export default defineAgent({\n  name: 'Weather',");
  });

  it('answer the newest message of the user', async () => {
    const answer = await model.generateText({
      messages: [
        { role: 'user', text: 'What is Parley?' },
        { role: 'assistant', text: 'Parley is a switchboard.' },
        { role: 'user', text: 'Thank you!' },
      ],
    });
    expect(answer).toBe(await ask('Thank you!'));
  });

  it('stop in the middle when the signal is aborted', async () => {
    const abort = new AbortController();
    const pieces: string[] = [];
    const read = async (): Promise<void> => {
      const messages = [{ role: 'user', text: 'What is Parley?' }] as const;
      for await (const piece of model.streamText({ messages, signal: abort.signal })) {
        pieces.push(piece);
        if (pieces.length === 3) abort.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
    expect(pieces).toHaveLength(3);
  });

  it('give the same answer to the same question', async () => {
    expect(await ask('Who wrote Hamlet?')).toBe(await ask('Who wrote Hamlet?'));
  });
});

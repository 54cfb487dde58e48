import { describe, expect, it } from '@jest/globals';
import { createTestContext, testAgent } from '@parley/agent-kit/testing';
import { createLanguageModel } from '@parley/language-model';
import {
  beginStream,
  respondWith,
  startStandInProvider,
  streamPieces,
  writePiece,
} from '@parley/language-model/stand-in-provider';
import { createAssistantAgent } from './assistant-agent.ts';

const MISTRAL_MODEL = 'mistral-small-latest';
const offline = await createLanguageModel({ MISTRAL_MODEL });

describe('Assistant', () => {
  describe('without a key', () => {
    const assistant = createAssistantAgent(offline);

    it('answers by the offline rules, in pieces, with one reply', async () => {
      const { context, replies, pieces } = createTestContext('Hello!');
      await assistant.onMessage(context);
      expect(replies).toEqual([expect.stringContaining('offline rules')]);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join('')).toBe(replies[0]);
    });

    it('says so in its description', () => {
      expect(assistant.description).toContain('offline rules');
    });
  });

  describe('with a provider', () => {
    it('introduces itself by its registered name, passes the message on and streams the answer', async () => {
      const provider = await startStandInProvider();
      try {
        provider.play(streamPieces('Bon', 'jour'));
        const model = await createLanguageModel({
          MISTRAL_MODEL,
          LLM_BASE_URL: provider.baseUrl,
          LLM_MODEL: 'llama',
        });
        const { context, replies, pieces, typing } = createTestContext('Say hello in French');
        await createAssistantAgent(model).onMessage(context);
        expect(pieces).toEqual(['Bon', 'jour']);
        expect(replies).toEqual(['Bonjour']);
        expect(typing).toEqual([true]);
        const messages = provider.requests[0]?.body.messages;
        expect(messages).toMatchObject([
          { role: 'system', content: expect.stringContaining('You are Tess') },
          { role: 'user', content: 'Say hello in French' },
        ]);
      } finally {
        await provider.close();
      }
    });

    it('fails with what may be shown when the provider fails', async () => {
      const provider = await startStandInProvider();
      try {
        provider.play(respondWith(403, { error: { message: 'go away' } }));
        const model = await createLanguageModel({
          MISTRAL_MODEL,
          LLM_BASE_URL: provider.baseUrl,
          LLM_MODEL: 'llama',
        });
        const { context, replies } = createTestContext('Hello');
        await expect(createAssistantAgent(model).onMessage(context)).rejects.toMatchObject({
          code: 'agent_failed',
          message: expect.stringContaining('refused access (403)'),
        });
        expect(replies).toEqual([]);
      } finally {
        await provider.close();
      }
    });

    it('stops the provider when the person stops the answer', async () => {
      const provider = await startStandInProvider();
      try {
        const { context, replies, stop } = createTestContext('Tell me a long story');
        provider.play((response) => {
          beginStream(response);
          writePiece(response, 'Once');
          stop();
        });
        const model = await createLanguageModel({
          MISTRAL_MODEL,
          LLM_BASE_URL: provider.baseUrl,
          LLM_MODEL: 'llama',
        });
        await expect(createAssistantAgent(model).onMessage(context)).rejects.toMatchObject({
          code: 'cancelled',
        });
        expect(replies).toEqual([]);
        await expect(provider.requests[0]?.closed).resolves.toBe(true);
      } finally {
        await provider.close();
      }
    });
  });

  it('hands the earlier messages of the conversation on, and nothing of other conversations', async () => {
    const provider = await startStandInProvider();
    try {
      provider.play(streamPieces('ok'));
      const model = await createLanguageModel({
        MISTRAL_MODEL,
        LLM_BASE_URL: provider.baseUrl,
        LLM_MODEL: 'llama',
      });
      const assistant = testAgent(createAssistantAgent(model));
      const grace = { id: 'grace', name: 'Grace' };
      await assistant.send('mine');
      await Promise.all([assistant.send('mine again'), assistant.send('hers', { user: grace })]);
      const seen = provider.requests.map(({ body }) => body.messages.slice(1).map(({ content }) => content));
      expect(seen).toEqual(expect.arrayContaining([['mine'], ['mine', 'ok', 'mine again'], ['hers']]));
    } finally {
      await provider.close();
    }
  });

  it('hands on no more of a long conversation than a model can take', async () => {
    const provider = await startStandInProvider();
    try {
      provider.play(streamPieces('ok'));
      const model = await createLanguageModel({
        MISTRAL_MODEL,
        LLM_BASE_URL: provider.baseUrl,
        LLM_MODEL: 'llama',
      });
      const history = Array.from({ length: 30 }, (_, index) => `${index} `.padEnd(1000, 'x'));
      await createAssistantAgent(model).onMessage(createTestContext('Go on', { history }).context);
      const messages = provider.requests[0]?.body.messages.slice(1) ?? [];
      // Consecutive messages of one person become one message.
      expect(messages).toHaveLength(1);
      const said = String(messages[0]?.content).split('\n\n');
      expect(said).toHaveLength(13);
      expect(said.at(-1)).toBe('Go on');
      expect(said.at(-2)).toMatch(/^29 /);
    } finally {
      await provider.close();
    }
  });
});

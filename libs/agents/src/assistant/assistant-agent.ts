import { type AgentDefinition, defineAgent } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { CAPABILITIES } from '@parley/shared-models';
import { turnsOf } from '../conversation-turns.ts';
import { languageModelCapability } from '../language-model-capability.ts';
import { answerTimeoutMs, streamAnswer } from '../stream-answer.ts';

/** About 12,000 characters: a long answer, well below the limit of a message. */
const MAX_OUTPUT_TOKENS = 3000;

/** Answers anything, as well as its language model can. */
export function createAssistantAgent(model: LanguageModel): AgentDefinition {
  return defineAgent({
    name: 'Assistant',
    description: `Answers questions and helps with texts (${model.label})`,
    capabilities: ['questions', 'writing', CAPABILITIES.answersAnything, languageModelCapability(model)],
    keywords: ['assistant', 'help', 'question', 'explain', 'write', 'translate', 'summarize'],
    examples: [
      'Explain what a message queue is',
      'Write a short invitation to a summer party',
      'Translate this into French',
    ],
    concurrency: 8,
    timeoutMs: answerTimeoutMs(model),
    async onMessage(context) {
      const { agent, typing, signal, logger } = context;
      typing();
      const request = {
        system: introduce(agent.name),
        // The rules read one message: they do not need the conversation's history.
        messages: model.isOffline ? [{ role: 'user' as const, text: context.text }] : await turnsOf(context),
        maxOutputTokens: MAX_OUTPUT_TOKENS,
      };
      try {
        await streamAnswer(context, model, request);
      } catch (err) {
        if (!signal.aborted) logger.warn({ err, languageModel: model.label }, 'the language model failed');
        throw err;
      }
    },
  });
}

function introduce(name: string): string {
  return [
    `You are ${name}, the general assistant in Parley, a chat in which people talk to software agents.`,
    'Answer in the language of the message, to the point, in Markdown where it helps.',
    'You see the last messages of this conversation. Replies of other agents in it begin with their name in brackets; yours do not.',
    'You have no tools and cannot look anything up. Say so when you do not know; invent nothing.',
  ].join('\n');
}

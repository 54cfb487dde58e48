import { type AgentDefinition, defineAgent, type MessageContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { languageModelCapability } from '../language-model-capability.ts';
import { answerTimeoutMs, isModelFailure } from '../stream-answer.ts';
import { asksForStatus } from './conversation/said-to-planner.ts';
import { sayResults, sayStatus } from './conversation/say-status.ts';

/** Answers questions about the conversation's task, while it runs and after. */
export function createClarifierAgent(model: LanguageModel): AgentDefinition {
  return defineAgent({
    name: 'Clarifier',
    description: 'Says how far the task of this conversation is and what has been found so far',
    capabilities: ['task status', languageModelCapability(model)],
    keywords: ['progress', 'current status', 'task status', 'which step', 'results so far'],
    examples: [
      'What is the current status?',
      'How far is the task?',
      'Which step is running?',
      'What have you found so far?',
      'Is the report done yet?',
      'How far is the analysis?',
      'Is the report ready?',
    ],
    concurrency: 16,
    timeoutMs: answerTimeoutMs(model),
    async onMessage(context) {
      const { text, tasks } = context;
      const task = await tasks.latest();
      if (task === undefined)
        return 'There is no task in this conversation. Ask the Planner to research something.';
      const status = sayStatus(task);
      const results = sayResults(task);
      if (!model.isOffline) return answerByModel(context, model, status, results);
      const wantsResults = /\b(?:found|results?|so far|numbers|figures|know|learn(?:ed|t)?)\b/iu.test(text);
      if (wantsResults && results !== '') return `${status}\n\nFound so far:\n${results}`;
      if (asksForStatus(text) || task.state !== 'REFINEMENT_READY') return status;
      return `${status}\n\nFound:\n${results}`;
    },
  });
}

async function answerByModel(
  { text, user, signal, logger }: MessageContext,
  model: LanguageModel,
  status: string,
  results: string,
): Promise<string> {
  try {
    return await model.generateText({
      system: [
        `You tell ${user.name} about a research task that other agents do. All that is known of it:`,
        status,
        results === '' ? 'No results yet.' : `Results so far:\n${results}`,
        'Answer from that alone, briefly, in the language of the question. Name the steps as they are named there.',
      ].join('\n'),
      messages: [{ role: 'user', text }],
      maxOutputTokens: 600,
      signal,
    });
  } catch (err) {
    if (!isModelFailure(err, signal)) throw err;
    logger.warn({ err, languageModel: model.label }, 'the language model failed; the stored state answers');
    return `${status}\n\n*${err.message} The stored state has answered instead.*`;
  }
}

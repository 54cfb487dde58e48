import { type AgentDefinition, defineAgent, type MessageContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { AgentStatus } from '@parley/shared-models';
import { turnsOf } from '../../conversation-turns.ts';
import { languageModelCapability } from '../../language-model-capability.ts';
import { answerTimeoutMs, isModelFailure, streamAnswer } from '../../stream-answer.ts';
import { createGeneralAnswer, type GeneralAnswer } from './answer-generally.ts';
import { type ListAgents, sayAgents } from './list-agents.ts';

const GROUP = 'general';
const MAX_OUTPUT_TOKENS = 1000;

/**
 * Greets, lists the agents and their abilities, and names the agent for a question. It knows the others from the
 * server; without `listAgents` it says that it cannot see them.
 */
export function createGeneralAgent(model: LanguageModel, listAgents?: ListAgents): AgentDefinition {
  const answer = createGeneralAnswer();
  return defineAgent({
    name: 'General',
    group: GROUP,
    description: 'Coordination 🤖: greets, tells which agents are here and what they can do',
    capabilities: ['greetings', 'coordination', languageModelCapability(model)],
    keywords: [
      ...[
        'hello',
        'hi',
        'hey',
        'good morning',
        'good evening',
        'good afternoon',
        'goodbye',
        'bye',
        'thanks',
        'thank you',
      ],
      ...[
        'nice to meet you',
        'see you',
        'what can you do',
        'what can you help',
        'can you help',
        'how are you',
        'who are you',
      ],
      ...[
        'which agents',
        'agents',
        'capabilities',
        'how does this work',
        'hallo',
        'guten morgen',
        'guten tag',
        'danke',
      ],
      ...[
        'welcome',
        'greetings',
        'good night',
        'introduce yourself',
        'get started',
        'who is here',
        'was kannst du',
        'kannst du helfen',
        'que peux-tu faire',
        'qué puedes hacer',
        'bonjour',
        'salut',
        'merci',
        'hola',
        'gracias',
        'ciao',
        'olá',
        'general',
      ],
    ],
    examples: [
      'Hello! What can you help with?',
      'What can you do?',
      'Who are you?',
      'Which agents are there?',
      'Whom can I ask here?',
      'How does this work here?',
      'I am new here',
      'Who of you can help me?',
      'Hallo! Wobei kannst du helfen?',
      'Was kannst du?',
    ],
    concurrency: 16,
    timeoutMs: answerTimeoutMs(model),
    async onMessage(context) {
      const agents = await seeAgents(context, listAgents);
      if (model.isOffline) await context.reply(answerOffline(context, agents, answer));
      else await answerByModel(context, agents, { model, answer });
    },
  });
}

/** Undefined when it cannot be known: the others are not worth failing a greeting. */
async function seeAgents(
  { signal, logger }: MessageContext,
  listAgents: ListAgents | undefined,
): Promise<readonly AgentStatus[] | undefined> {
  if (listAgents === undefined) return undefined;
  try {
    return await listAgents();
  } catch (err) {
    if (signal.aborted) throw err;
    logger.warn({ err }, 'the server does not say which agents there are');
    return undefined;
  }
}

function answerOffline(
  { text, user, agent }: MessageContext,
  agents: readonly AgentStatus[] | undefined,
  answer: GeneralAnswer,
): string {
  return answer({ text, userName: user.name, agents, own: { name: agent.name, group: GROUP } });
}

async function answerByModel(
  context: MessageContext,
  agents: readonly AgentStatus[] | undefined,
  { model, answer }: { readonly model: LanguageModel; readonly answer: GeneralAnswer },
): Promise<void> {
  const { agent, reply, typing, signal, logger } = context;
  typing();
  try {
    await streamAnswer(context, model, {
      system: introduce(agent.name, context.user.name, agents),
      messages: await turnsOf(context),
      maxOutputTokens: MAX_OUTPUT_TOKENS,
    });
  } catch (err) {
    if (!isModelFailure(err, signal)) throw err;
    logger.warn({ err, languageModel: model.label }, 'the language model failed; the offline rules answer');
    await reply(
      `${answerOffline(context, agents, answer)}\n\n*${err.message} The offline rules have answered instead.*`,
    );
  }
}

function introduce(name: string, userName: string, agents: readonly AgentStatus[] | undefined): string {
  return [
    `You are ${name} 🤖, the coordinator in Parley, a chat in which ${userName} talks to software agents: friendly, brief, reliable.`,
    'You greet, tell who is there and what they can do, and to whom a question belongs. You do not answer questions in their place.',
    'A person addresses an agent by beginning a message with @ and its name.',
    agents === undefined
      ? 'You cannot see now which agents there are; say so when asked.'
      : `These agents are here, in their own words; you know of no others:\n${sayAgents(agents, { group: GROUP }).join('\n')}`,
    'Answer in the language of the message, in Markdown.',
  ].join('\n');
}

import type { MessageContext } from '@parley/agent-kit';
import type { LanguageModel, ModelTool } from '@parley/language-model';
import type { JsonValue } from '@parley/shared-models';
import { z } from 'zod';
import { turnsOf } from '../conversation-turns.ts';
import { dayOf, sayDay } from '../language/day.ts';
import { isModelFailure, streamAnswer } from '../stream-answer.ts';
import type { AnyAction } from './action.ts';
import { answerByRules } from './answer-by-rules.ts';
import type { RuleBook } from './rule-agent.ts';
import { runCalls } from './run-calls.ts';

const MAX_OUTPUT_TOKENS = 2000;

/**
 * The language model's answer, streamed, with the rules' actions as its tools. Where the provider fails, the person gets
 * the results of the calls made until then, or the rules' answer.
 */
export async function answerWithTools<State extends JsonValue>(
  context: MessageContext,
  book: RuleBook<State>,
  model: LanguageModel,
): Promise<void> {
  const { message, memory, reply, typing, signal, logger } = context;
  const at = new Date(message.createdAt);
  const done: string[] = [];
  const run = async (action: AnyAction<State>, input: unknown): Promise<string> => {
    const call = action.callUnchecked(input);
    const said = await runCalls(memory, book.remembered, [call], at);
    if (call.change !== undefined) done.push(said);
    return said;
  };
  typing();
  try {
    const { isBroken } = await streamAnswer(context, model, {
      system: introduce(context, book.persona, at),
      messages: await turnsOf(context),
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      tools: toolsOf(book, run),
    });
    // Half an answer may not mention the changes made.
    if (isBroken && done.length > 0) await reply(done.join('\n\n'));
  } catch (err) {
    if (!isModelFailure(err, signal)) throw err;
    logger.warn({ err, languageModel: model.label }, 'the language model failed; the offline rules answer');
    const said = done.length > 0 ? done.join('\n\n') : await answerByRules(context, book);
    await reply(`${said}\n\n*${err.message} The offline rules have answered instead.*`);
  }
}

function toolsOf<State extends JsonValue>(
  { actions, lookUp }: RuleBook<State>,
  run: (action: AnyAction<State>, input: unknown) => Promise<string>,
): ModelTool[] {
  const tools = actions.map(
    (action): ModelTool => ({
      name: action.name,
      description: action.description,
      input: action.input,
      run: (input) => run(action, input),
    }),
  );
  return lookUp === undefined ? tools : [...tools, lookUpTool(lookUp)];
}

const Question = z.object({ question: z.string().max(500) });

function lookUpTool(lookUp: (question: string) => string | undefined): ModelTool {
  return {
    name: 'search_handbook',
    description: 'Sections of the handbook that answer a question. Cite them as they are named.',
    input: Question,
    run: async (input) => lookUp(Question.parse(input).question) ?? 'The handbook says nothing about that.',
  };
}

function introduce({ agent, user }: MessageContext, persona: string, at: Date): string {
  return [
    `You are ${agent.name}, one of several software agents in Parley, a chat. You talk with ${user.name}.`,
    persona,
    'What you remember about the person is kept by your tools alone: use them to note what the person tells you and to look',
    'up what they ask for. Never do sums yourself and never say that something is noted unless a tool has said so.',
    'Say so when you do not know; invent nothing. Answer in the language of the message, briefly, in Markdown.',
    `Today is ${sayDay(dayOf(at))} ${at.getFullYear()}.`,
  ].join('\n');
}

import { type AgentDefinition, defineAgent, type MessageContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { JsonValue } from '@parley/shared-models';
import { languageModelCapability } from '../language-model-capability.ts';
import { answerTimeoutMs } from '../stream-answer.ts';
import type { AnyAction, Call } from './action.ts';
import { answerByRules } from './answer-by-rules.ts';
import { answerWithTools } from './answer-with-tools.ts';
import type { Remembered } from './run-calls.ts';

/** Definition of an agent that keeps facts by rules, and by a language model with the same rules as its tools. */
export interface RuleBook<State extends JsonValue> {
  readonly remembered: Remembered<State>;
  readonly actions: readonly AnyAction<State>[];
  /** Interprets one clause; undefined: no rule fits. `clauses.ts` makes the clauses. */
  understand(clause: string): readonly Call<State>[] | undefined;
  /** Looks a question up in the agent's handbook; undefined: nothing is found. */
  lookUp?(question: string): string | undefined;
  /** Answer to a clause that is not understood, with the things that one can say. */
  readonly notUnderstood: string;
  /** For the language model: its role and its tone. */
  readonly persona: string;
}

/** The definition without the rule book's part; `capabilities` without the language model's. */
export type RuleAgentProfile = Omit<AgentDefinition, 'onMessage'>;

export function createRuleAgent<State extends JsonValue>(
  profile: RuleAgentProfile,
  book: RuleBook<State>,
  model: LanguageModel,
): AgentDefinition {
  return defineAgent({
    concurrency: 16,
    timeoutMs: answerTimeoutMs(model),
    ...profile,
    capabilities: [...(profile.capabilities ?? []), languageModelCapability(model)],
    async onMessage(context: MessageContext) {
      if (model.isOffline) await context.reply(await answerByRules(context, book));
      else await answerWithTools(context, book, model);
    },
  });
}

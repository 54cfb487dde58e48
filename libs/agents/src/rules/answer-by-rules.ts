import type { MessageContext } from '@parley/agent-kit';
import type { JsonValue } from '@parley/shared-models';
import { asksForHelp, isQuestion, splitClauses, withoutMention } from '../language/clauses.ts';
import type { Call } from './action.ts';
import type { RuleBook } from './rule-agent.ts';
import { runCalls } from './run-calls.ts';

/** The rules' answer to a message, after its changes are stored. */
export async function answerByRules<State extends JsonValue>(
  { text, message, memory }: Pick<MessageContext, 'text' | 'message' | 'memory'>,
  book: RuleBook<State>,
): Promise<string> {
  const { calls, found } = readMessage(text, book);
  const said =
    calls.length === 0 ? '' : await runCalls(memory, book.remembered, calls, new Date(message.createdAt));
  const parts = [said, ...found].filter((part) => part !== '');
  return parts.length === 0 ? book.notUnderstood : parts.join('\n\n');
}

interface Reading<State> {
  readonly calls: readonly Call<State>[];
  /** The sections found, and the questions without an answer. */
  readonly found: readonly string[];
}

function readMessage<State extends JsonValue>(text: string, book: RuleBook<State>): Reading<State> {
  const said = withoutMention(text);
  const all = splitClauses(said);
  // A greeting is answered only when it stands alone.
  const clauses =
    all.length > 1 ? all.filter((clause) => !(asksForHelp(clause) && !isQuestion(clause))) : all;
  const read = clauses.map((clause) => ({ clause, calls: book.understand(clause) }));
  const calls = read.flatMap((each) => each.calls ?? []);
  if (calls.length === 0) {
    const found = book.lookUp?.(said);
    return { calls, found: found === undefined ? [] : [found] };
  }
  const open = read.flatMap((each) =>
    each.calls === undefined && isQuestion(each.clause) ? [each.clause] : [],
  );
  return {
    calls,
    found: open.map((clause) => book.lookUp?.(clause) ?? `I have no answer to “${clause.slice(0, 200)}”.`),
  };
}

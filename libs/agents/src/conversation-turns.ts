import type { MessageContext } from '@parley/agent-kit';
import type { ModelMessage } from '@parley/language-model';
import type { ChatMessage } from '@parley/shared-models';

/** Earlier messages that a language model is given, in UTF-16 code units of all of them: some 3,000 tokens. */
const MAX_CHARACTERS = 12_000;
const MAX_MESSAGES = 40;

/** The conversation's history and then the message itself, as a language model takes them. */
export async function turnsOf({
  text,
  agent,
  history,
}: Pick<MessageContext, 'text' | 'agent' | 'history'>): Promise<ModelMessage[]> {
  const earlier = await history({ limit: MAX_MESSAGES });
  return [...recentTurns(earlier, agent, MAX_CHARACTERS), { role: 'user', text }];
}

/**
 * The newest messages that have room, oldest first, beginning with one of the person's. Other agents' replies say whose
 * they are; messages of Parley itself are left out.
 */
export function recentTurns(
  messages: readonly ChatMessage[],
  agent: { readonly name: string },
  maxCharacters: number,
): ModelMessage[] {
  const turns: ModelMessage[] = [];
  let room = maxCharacters;
  for (const { kind, sender, text } of messages.toReversed()) {
    if (kind !== 'TEXT' && kind !== 'REPLY') continue;
    room -= text.length;
    if (room < 0) break;
    const isOther = kind === 'REPLY' && sender.name !== agent.name;
    turns.unshift({
      role: kind === 'TEXT' ? 'user' : 'assistant',
      text: isOther ? `[${sender.name}] ${text}` : text,
    });
  }
  const first = turns.findIndex(({ role }) => role === 'user');
  return first === -1 ? [] : turns.slice(first);
}

import type { ModelMessage } from './language-model.ts';
import { withoutThoughts } from './thoughts.ts';

/**
 * Messages as the strictest endpoints want them: they begin and end with the person, roles alternate, nothing is empty,
 * and no thoughts of the model go back to it. Neighbours of one role become one message.
 */
export function alternating(messages: readonly ModelMessage[]): ModelMessage[] {
  const turns: { role: ModelMessage['role']; text: string }[] = [];
  for (const { role, text: said } of messages) {
    const text = role === 'assistant' ? withoutThoughts(said) : said;
    if (text.trim() === '' || (turns.length === 0 && role === 'assistant')) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.text = `${last.text}\n\n${text}`;
    else turns.push({ role, text });
  }
  // A message of spaces is a message, too.
  if (turns.at(-1)?.role !== 'user') turns.push({ role: 'user', text: '…' });
  return turns;
}

import { findMentions } from './mention.ts';

/** The text, addressed to this agent: a mention that it begins with gives way. */
export function addressTo(text: string, name: string, names: readonly string[]): string {
  const first = findMentions(text, names)[0];
  const rest = first?.start === 0 ? text.slice(first.end).trimStart() : text.trimStart();
  return `@${name} ${rest}`;
}

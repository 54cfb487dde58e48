import type { ChatMessage } from './chat-message.ts';
import type { Conversation } from './conversation.ts';

/** How a conversation's part of a transcript begins. */
export function transcriptHead({ title, createdAt }: Pick<Conversation, 'title' | 'createdAt'>): string {
  return `## ${inLine(title) || 'Untitled'}\n\nBegun ${readableTime(createdAt)}\n`;
}

/**
 * One message of a transcript in Markdown. Its text is quoted as it is: no text can pass for
 * another message.
 */
export function transcriptEntry({ kind, sender, text, createdAt }: ChatMessage): string {
  const note = kind === 'ERROR' ? ' · not answered' : '';
  const quoted = text
    .split(/\r\n|[\n\r\u2028\u2029\v\f\u0085]/)
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
  return `\n**${inLine(sender.name)}** · ${readableTime(createdAt)}${note}\n\n${quoted}\n`;
}

/** `2026-01-31 09:30:00 UTC` */
const readableTime = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;

/** Text of somebody as one line of Markdown that means nothing but itself. */
function inLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_[\]<>#|~]/g, '\\$&');
}

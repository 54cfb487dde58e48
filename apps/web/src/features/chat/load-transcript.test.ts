import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, type Conversation, LIMITS, newId } from '@parley/shared-models';
import { loadTranscript, transcriptFileName } from './load-transcript.ts';

const AT = '2026-01-31T09:30:00.000Z';
const conversation: Conversation = {
  id: newId(),
  ownerId: 'ada',
  title: 'My budget',
  createdAt: AT,
  updatedAt: AT,
  lastSeq: 0,
  preview: '',
};
const messages = (count: number): ChatMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    id: newId(),
    conversationId: conversation.id,
    seq: index + 1,
    kind: 'TEXT',
    sender: { kind: 'user', id: 'ada', name: 'Ada' },
    text: `number ${index + 1}`,
    createdAt: AT,
  }));

/** A server with so many messages. */
const serverWith = (all: readonly ChatMessage[]) => ({
  conversation: async () => conversation,
  messages: async (_id: string, { afterSeq = 0, limit = 100 } = {}) => {
    const rest = all.filter(({ seq }) => seq > afterSeq);
    return { messages: rest.slice(0, limit), statuses: [], hasMore: rest.length > limit };
  },
});

describe('a transcript', () => {
  it('has all messages of a conversation that is longer than a page, in order', async () => {
    const count = LIMITS.messagesPage * 2 + 1;
    const { text } = await loadTranscript(serverWith(messages(count)), conversation.id);
    expect(text.startsWith('## My budget\n')).toBe(true);
    const numbers = [...text.matchAll(/> number (\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  it('of an empty conversation is its head', async () => {
    const { text } = await loadTranscript(serverWith([]), conversation.id);
    expect(text).toBe('## My budget\n\nBegun 2026-01-31 09:30:00 UTC\n');
  });

  it.each([
    ['My budget', '2026-01-31-My-budget.md'],
    ['../../etc/passwd', '2026-01-31-etc-passwd.md'],
    ['  ', '2026-01-31-conversation.md'],
    ['Größe: 5 × 3?', '2026-01-31-Größe-5-3.md'],
    ['😀', '2026-01-31-conversation.md'],
    ['x'.repeat(200), `2026-01-31-${'x'.repeat(60)}.md`],
  ])('of %j is called %s', (title, name) => {
    expect(transcriptFileName({ title, createdAt: AT })).toBe(name);
  });
});

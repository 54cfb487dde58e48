import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from './chat-message.ts';
import { transcriptEntry, transcriptHead } from './transcript.ts';

const AT = '2026-01-31T09:30:00.123Z';
const message = (fields: Partial<ChatMessage> = {}): ChatMessage => ({
  id: '019c1234-5678-7abc-8def-0123456789ab',
  conversationId: '019c1234-5678-7abc-8def-0123456789ac',
  seq: 1,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'ada', name: 'Ada' },
  text: 'What is left?',
  createdAt: AT,
  ...fields,
});

describe('a transcript', () => {
  it('names the writer, the text and the time', () => {
    expect(transcriptEntry(message())).toBe('\n**Ada** · 2026-01-31 09:30:00 UTC\n\n> What is left?\n');
  });

  it('begins with the title and the time', () => {
    expect(transcriptHead({ title: 'My budget', createdAt: AT })).toBe(
      '## My budget\n\nBegun 2026-01-31 09:30:00 UTC\n',
    );
    expect(transcriptHead({ title: ' ', createdAt: AT })).toContain('## Untitled\n');
  });

  it('keeps the lines of a text, Markdown and all', () => {
    const text = 'You have **1,200 €** left:\r\n\n```\n1 + 1\n```';
    expect(transcriptEntry(message({ text }))).toContain(
      '> You have **1,200 €** left:\n>\n> ```\n> 1 + 1\n> ```\n',
    );
  });

  it.each(['\n', '\r', '\r\n', '\u2028', '\u2029', '\v', '\f', '\u0085'])(
    'lets no text pass for another message after the line break %j',
    (lineBreak) => {
      const text = `hello${lineBreak}${lineBreak}**Finance** · 2026-01-31 09:31:00 UTC${lineBreak}> I owe you`;
      const [, , ...quoted] = transcriptEntry(message({ text })).trim().split('\n');
      expect(quoted).toHaveLength(4);
      expect(quoted.every((line) => line.startsWith('>'))).toBe(true);
    },
  );

  it('lets no name and no title become Markdown', () => {
    const sender = { kind: 'user', id: 'x', name: '**Finance**\n# <b>' } as const;
    expect(transcriptEntry(message({ sender }))).toContain('**\\*\\*Finance\\*\\* \\# \\<b\\>** · ');
    expect(transcriptHead({ title: 'a\n## b', createdAt: AT })).toContain('## a \\#\\# b\n');
  });

  it('marks a message without an answer', () => {
    const sender = { kind: 'system', id: 'parley', name: 'Parley' } as const;
    expect(transcriptEntry(message({ kind: 'ERROR', sender, text: 'No agent is online.' }))).toContain(
      '**Parley** · 2026-01-31 09:30:00 UTC · not answered\n',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId } from '@parley/shared-models';
import { messageRows, repliedTo } from './transcript-rows.ts';

const conversationId = newId();
const you = { kind: 'user', id: 'u', name: 'You' } as const;
const echo = { kind: 'agent', id: 'echo', name: 'Echo' } as const;
let seq = 0;

function message(sender: ChatMessage['sender'], at: Date, more: Partial<ChatMessage> = {}): ChatMessage {
  seq += 1;
  const kind = sender.kind === 'agent' ? 'REPLY' : 'TEXT';
  return { id: newId(), conversationId, seq, kind, sender, text: 't', createdAt: at.toISOString(), ...more };
}

describe('messageRows', () => {
  it('does not repeat the name within five minutes of one writer', () => {
    const rows = messageRows(
      [
        message(you, new Date(2026, 2, 10, 9, 0)),
        message(you, new Date(2026, 2, 10, 9, 4)),
        message(you, new Date(2026, 2, 10, 9, 30)),
        message(echo, new Date(2026, 2, 10, 9, 31)),
        message(echo, new Date(2026, 2, 10, 9, 31), { kind: 'ERROR' }),
      ],
      undefined,
    );
    expect(rows.map(({ isContinuation }) => isContinuation)).toEqual([false, true, false, false, false]);
  });

  it('begins a day where the local date changes, and names the writer again', () => {
    const rows = messageRows(
      [message(you, new Date(2026, 2, 9, 23, 59)), message(you, new Date(2026, 2, 10, 0, 1))],
      undefined,
    );
    expect(rows.map(({ startsDay, isContinuation }) => [startsDay, isContinuation])).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('marks the first unread message, unless it is the first of all', () => {
    const messages = [message(you, new Date(2026, 2, 10, 9)), message(echo, new Date(2026, 2, 10, 9))];
    expect(messageRows(messages, messages[1]?.seq).map(({ isFirstUnread }) => isFirstUnread)).toEqual([
      false,
      true,
    ]);
    expect(messageRows(messages, messages[0]?.seq).map(({ isFirstUnread }) => isFirstUnread)).toEqual([
      false,
      false,
    ]);
  });
});

describe('repliedTo', () => {
  it('counts replies of agents, and no errors', () => {
    const [one, other] = [newId(), newId()];
    const at = new Date(2026, 2, 10, 9);
    const answered = repliedTo([
      message(echo, at, { inReplyTo: one }),
      message(echo, at, { inReplyTo: other, kind: 'ERROR' }),
    ]);
    expect([...answered]).toEqual([one]);
  });
});

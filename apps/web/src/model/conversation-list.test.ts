import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, type Conversation, newId } from '@parley/shared-models';
import { withConversations, withNewest } from './conversation-list.ts';

const id = newId();
const at = (second: number) => `2026-03-10T09:00:0${second}.000Z`;
const stored: Conversation = {
  id,
  ownerId: 'u',
  title: 'Budget',
  createdAt: at(0),
  updatedAt: at(1),
  lastSeq: 2,
  preview: 'two',
};
const message = (seq: number, text: string): ChatMessage => ({
  id: newId(),
  conversationId: id,
  seq,
  kind: 'REPLY',
  sender: { kind: 'agent', id: 'a', name: 'A' },
  text,
  createdAt: at(seq),
});

describe('the list of conversations', () => {
  it('moves a conversation forward with each newer message', () => {
    const list = withNewest({ [id]: stored }, message(3, 'three\n\nlines'), 'u');
    expect(list[id]).toMatchObject({ title: 'Budget', lastSeq: 3, preview: 'three lines', updatedAt: at(3) });
  });

  it('stays the same object for a message that it knows', () => {
    const list = { [id]: stored };
    expect(withNewest(list, message(2, 'two'), 'u')).toBe(list);
  });

  it('shows a conversation that it does not know under its first words', () => {
    expect(withNewest({}, message(1, 'What is left?'), 'u')[id]).toMatchObject({
      title: 'What is left?',
      lastSeq: 1,
    });
  });

  it('is not set back by an answer that was read before a live message', () => {
    const live = withNewest({ [id]: stored }, message(5, 'five'), 'u');
    expect(withConversations(live, [{ ...stored, title: 'Renamed' }])[id]).toMatchObject({
      lastSeq: 5,
      title: 'Renamed',
    });
    expect(withConversations(live, [{ ...stored, lastSeq: 6 }])[id]?.lastSeq).toBe(6);
  });
});

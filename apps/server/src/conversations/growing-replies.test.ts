import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { LIMITS, newId } from '@parley/shared-models';
import { createGrowingReplies, type GrowingReplies } from './growing-replies.ts';

describe('replies that grow', () => {
  const conversationId = newId();
  const messageId = newId();
  const inReplyTo = newId();
  const piece = (index: number, text: string) => ({
    messageId,
    conversationId,
    agentId: 'echo',
    inReplyTo,
    index,
    text,
  });
  let replies: GrowingReplies;
  let quiet: string[];
  const start = (quietMs?: number): GrowingReplies => {
    quiet = [];
    replies = createGrowingReplies((id) => quiet.push(id), quietMs);
    return replies;
  };
  afterEach(() => replies.stop());

  it('are given as one piece, each in its conversation', () => {
    start();
    replies.add(piece(0, 'You '));
    replies.add(piece(1, 'have '));
    replies.add({ ...piece(0, 'Elsewhere'), messageId: newId(), conversationId: newId() });
    expect(replies.of(conversationId)).toEqual([{ ...piece(1, 'You have '), from: 0 }]);
    expect(quiet).toEqual([]);
  });

  it('begin behind a gap, and are whole again when somebody else has all of them', () => {
    start();
    replies.add(piece(0, 'a'));
    replies.add(piece(3, 'd'));
    replies.add(piece(4, 'e'));
    expect(replies.of(conversationId)).toEqual([{ ...piece(4, 'de'), from: 3 }]);
    replies.add({ ...piece(5, 'abcdef'), from: 0 });
    // Heard twice.
    replies.add(piece(5, 'f'));
    replies.add(piece(6, 'g'));
    expect(replies.of(conversationId)).toEqual([{ ...piece(6, 'abcdefg'), from: 0 }]);
  });

  it('lose nothing to a server that has heard less, and begin anew with their first piece', () => {
    start();
    for (const [index, text] of ['a', 'b', 'c'].entries()) replies.add(piece(index, text));
    replies.add({ ...piece(1, 'ab'), from: 0 });
    replies.add(piece(3, 'd'));
    expect(replies.of(conversationId)).toEqual([{ ...piece(3, 'abcd'), from: 0 }]);
    replies.add(piece(0, 'A'));
    expect(replies.of(conversationId)).toEqual([{ ...piece(0, 'A'), from: 0 }]);
  });

  it('are kept up to the length of a message', () => {
    start();
    replies.add(piece(0, 'a'.repeat(LIMITS.textLength)));
    replies.add(piece(1, 'b'));
    replies.add(piece(2, 'c'));
    const [kept] = replies.of(conversationId);
    expect([kept?.index, kept?.text.length]).toEqual([2, LIMITS.textLength]);
  });

  it('are forgotten when they are there, and when their request has ended', () => {
    start();
    replies.add(piece(0, 'a'));
    replies.finished(messageId);
    expect([replies.has(conversationId), quiet]).toEqual([false, [conversationId]]);
    replies.add(piece(1, 'b'));
    replies.add({ ...piece(0, 'another'), messageId: newId() });
    replies.requestEnded(inReplyTo);
    expect([replies.has(conversationId), quiet]).toEqual([false, [conversationId, conversationId]]);
  });

  it('are no more than so many', () => {
    start();
    for (let count = 0; count <= 500; count++) replies.add({ ...piece(0, 'a'), messageId: newId() });
    expect(replies.of(conversationId)).toHaveLength(500);
  });

  it('are forgotten when nothing was heard of them for long', async () => {
    start(20);
    replies.add(piece(0, 'a'));
    await eventually(() => expect(quiet).toEqual([conversationId]));
  });
});

import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, type MessageState, type MessageStatus, newId } from '@parley/shared-models';
import { emptyThread, hasOlder, lastSeqOf, withMessages, withPage, withStatus } from './thread.ts';

const conversationId = newId();

function message(seq: number): ChatMessage {
  return {
    id: newId(),
    conversationId,
    seq,
    kind: 'TEXT',
    sender: { kind: 'user', id: 'u', name: 'U' },
    text: `message ${seq}`,
    createdAt: '2026-03-10T09:00:00.000Z',
  };
}

function status(messageId: string, state: MessageState, hops = 1): MessageStatus {
  const hop = { service: 'server', at: '2026-03-10T09:00:00.000Z' };
  return { messageId, conversationId, status: state, hops: Array.from({ length: hops }, () => hop) };
}

describe('a thread', () => {
  it('keeps messages in order of seq, each once', () => {
    const three = message(3);
    const thread = withMessages(withMessages(emptyThread, [three]), [message(5), message(4), { ...three }]);
    expect(thread.messages.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(thread.messages[0]).toBe(three);
    expect(lastSeqOf(thread)).toBe(5);
  });

  it('stays the same object when nothing is new', () => {
    const thread = withMessages(emptyThread, [message(1)]);
    expect(withMessages(thread, [{ ...message(1) }])).toBe(thread);
  });

  it('does not let a late delivery undo the end of a message, except that of a dead letter', () => {
    for (const end of ['answered', 'failed'] as const) {
      const over = withStatus(emptyThread, status('m', end));
      expect(withStatus(over, status('m', 'delivered')).statuses.m?.status).toBe(end);
    }
    const dead = withStatus(emptyThread, status('m', 'dead_lettered'));
    expect(withStatus(dead, status('m', 'routed')).statuses.m?.status).toBe('routed');
  });

  it('knows from the first seq whether there are older messages', () => {
    expect(hasOlder(emptyThread)).toBe(false);
    expect(hasOlder(withMessages(emptyThread, [message(1)]))).toBe(false);
    expect(hasOlder(withMessages(emptyThread, [message(2)]))).toBe(true);
  });

  it('keeps the routing when a later status leaves it out', () => {
    const id = newId();
    const routing = {
      agentId: 'hr',
      agentName: 'HR',
      strategy: 'keywords',
      confidence: 1,
      reason: 'r',
      candidates: [],
    } as const;
    const routed = withStatus(emptyThread, {
      ...status(id, 'routed'),
      routing: { ...routing, candidates: [] },
    });
    expect(withStatus(routed, status(id, 'answered')).statuses[id]).toMatchObject({
      status: 'answered',
      routing,
    });
  });

  it('does not let an older page undo a live status', () => {
    const id = newId();
    const live = withStatus(emptyThread, status(id, 'answered', 3));
    expect(
      withPage(live, { messages: [], statuses: [status(id, 'accepted', 4)], hasMore: false }).statuses[id]
        ?.status,
    ).toBe('answered');
    const early = withStatus(emptyThread, status(id, 'accepted', 1));
    expect(
      withPage(early, { messages: [], statuses: [status(id, 'answered', 3)], hasMore: false }).statuses[id]
        ?.status,
    ).toBe('answered');
  });
});

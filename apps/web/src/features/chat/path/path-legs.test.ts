import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, type MessageStatus, newId, timeOfId } from '@parley/shared-models';
import { messagePath } from './path-legs.ts';

const id = newId();
const start = timeOfId(id);
const message: ChatMessage = {
  id,
  conversationId: newId(),
  seq: 1,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'u', name: 'You' },
  text: 't',
  createdAt: new Date(start).toISOString(),
};
const status = (hops: [string, number][]): MessageStatus => ({
  messageId: id,
  conversationId: message.conversationId,
  status: 'answered',
  routing: {
    agentId: 'finance',
    agentName: 'Finance',
    strategy: 'keywords',
    confidence: 1,
    reason: 'r',
    candidates: [],
  },
  hops: hops.map(([service, at]) => ({ service, at: new Date(start + at).toISOString() })),
});

describe('messagePath', () => {
  it('gives the time between every two processes and the whole', () => {
    const path = messagePath(
      message,
      status([
        ['server', 2],
        ['broker', 5],
        ['agent:finance', 9],
        ['server', 849],
      ]),
      0,
    );
    expect(path.legs.map(({ from, to, milliseconds, isWork }) => [from, to, milliseconds, isWork])).toEqual([
      ['you', 'server', 2, false],
      ['server', 'broker', 3, false],
      ['broker', 'Finance', 4, false],
      ['Finance', 'server', 840, true],
    ]);
    expect(path.totalMs).toBe(849);
    expect(path.legs.at(-1)?.startsAt).toBe(9);
  });

  it("corrects the writer's clock by the offset", () => {
    expect(messagePath(message, status([['server', 1002]]), 1000).totalMs).toBe(2);
  });

  it('counts a leg against the clock as nothing', () => {
    const path = messagePath(
      message,
      status([
        ['server', -40],
        ['broker', -35],
      ]),
      0,
    );
    expect(path.legs.map(({ milliseconds }) => milliseconds)).toEqual([0, 5]);
  });

  it('puts the time with an agent that went away where it was, and says how often the message was handed out', () => {
    const path = messagePath(
      message,
      status([
        ['server', 2],
        ['broker', 5],
        ['server', 7],
        ['lost:finance', 46_907],
        ['server', 46_910],
        ['broker', 46_912],
        ['redelivered:3', 47_000],
        ['agent:finance', 47_000],
        ['server', 47_100],
      ]),
      0,
    );
    expect(path.legs.map(({ startsAt: _, ...leg }) => leg).slice(3)).toEqual([
      { from: 'Finance', to: 'Finance', milliseconds: 46_900, isWork: true, isLoss: true },
      { from: 'Finance', to: 'server', milliseconds: 3, isWork: false },
      { from: 'server', to: 'broker', milliseconds: 2, isWork: false },
      { from: 'broker', to: 'Finance', milliseconds: 88, isWork: false, redeliveries: 3 },
      { from: 'Finance', to: 'server', milliseconds: 100, isWork: true },
    ]);
    expect(path.legs[0]).toMatchObject({ from: 'you', to: 'server', milliseconds: 2 });
  });

  it('has no legs before the first process has it', () => {
    expect(messagePath(message, undefined, 0)).toEqual({ legs: [], totalMs: 0 });
  });
});

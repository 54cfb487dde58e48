import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId } from '@parley/shared-models';
import fc from 'fast-check';
import { recentTurns } from './conversation-turns.ts';

const agent = { name: 'Tess' };

function said(
  text: string,
  by = 'Ada',
  kind: ChatMessage['kind'] = by === 'Ada' ? 'TEXT' : 'REPLY',
): ChatMessage {
  const sender =
    by === 'Ada'
      ? ({ kind: 'user', id: 'ada', name: 'Ada' } as const)
      : ({ kind: 'agent', id: 'x', name: by } as const);
  return {
    id: newId(),
    conversationId: newId(),
    seq: 1,
    kind,
    sender,
    text,
    createdAt: '2026-01-31T12:00:00.000Z',
  };
}

describe('the history of a conversation', () => {
  it('is told in its order, with the names of other agents', () => {
    const messages = [
      said('Hello'),
      said('Hi Ada', 'Tess'),
      said('My budget?'),
      said('1,200 €', 'Finance'),
      said('Thanks'),
    ];
    expect(recentTurns(messages, agent, 1000)).toEqual([
      { role: 'user', text: 'Hello' },
      { role: 'assistant', text: 'Hi Ada' },
      { role: 'user', text: 'My budget?' },
      { role: 'assistant', text: '[Finance] 1,200 €' },
      { role: 'user', text: 'Thanks' },
    ]);
  });

  it('leaves out messages of Parley itself', () => {
    expect(recentTurns([said('Hello'), said('offline', 'system', 'ERROR')], agent, 1000)).toEqual([
      { role: 'user', text: 'Hello' },
    ]);
  });

  it('keeps the newest that have room and begins with the person', () => {
    const messages = [said('12345'), said('1234', 'Tess'), said('123'), said('12', 'Tess')];
    expect(recentTurns(messages, agent, 10)).toEqual([
      { role: 'user', text: '123' },
      { role: 'assistant', text: '12' },
    ]);
    expect(recentTurns([said('123456'), said('1', 'Tess')], agent, 5)).toEqual([]);
  });

  it('never has more characters of the conversation than there is room', () => {
    const message = fc.tuple(fc.string(), fc.constantFrom('Ada', 'Tess')).map(([text, by]) => said(text, by));
    fc.assert(
      fc.property(fc.array(message), fc.nat(200), (messages, room) => {
        const turns = recentTurns(messages, agent, room);
        expect(turns.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(room);
        expect(turns[0]?.role ?? 'user').toBe('user');
      }),
    );
  });
});

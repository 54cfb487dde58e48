import { describe, expect, it } from '@jest/globals';
import type { RoutingDecision } from './chat-message.ts';
import { newId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { decodeRouting, decodeTarget, encodeRouting, encodeTarget, ReplyBody } from './queue-messages.ts';

describe('a reply of an agent in another language', () => {
  const id = newId();
  const reply = {
    id,
    conversationId: id,
    kind: 'REPLY',
    sender: { kind: 'agent', id: 'echo', name: 'Echo' },
    text: 'hello',
    inReplyTo: id,
  };

  it.each([
    ['Python', '2026-01-31T09:30:00.123456+00:00', '2026-01-31T09:30:00.123Z'],
    ['Go', '2026-01-31T10:30:00+01:00', '2026-01-31T09:30:00.000Z'],
    ['Rust', '2026-01-31T09:30:00.123456789Z', '2026-01-31T09:30:00.123Z'],
    ['JavaScript', '2026-01-31T09:30:00.120Z', '2026-01-31T09:30:00.120Z'],
    ['Java', '2026-01-31T09:30Z', '2026-01-31T09:30:00.000Z'],
    ["Python's %z", '2026-01-31T09:30:00+0100', '2026-01-31T08:30:00.000Z'],
    ['PostgreSQL', '2026-01-31 09:30:00.5-05', '2026-01-31T14:30:00.500Z'],
    ['an old library', '2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
    ['the same with milliseconds', '2026-01-31t09:30:00.123Z', '2026-01-31T09:30:00.123Z'],
    ["Python's isoformat(' ')", '2026-01-31 09:30:00.123Z', '2026-01-31T09:30:00.123Z'],
  ])('may write its time as %s does', (_, createdAt, read) => {
    expect(ReplyBody.parse({ ...reply, createdAt })).toEqual({ ...reply, createdAt: read });
  });

  it.each([
    '2026-01-31T09:30:00.000',
    '2026-01-31',
    'yesterday',
    '2026-02-31T09:30:00Z',
    '2026-01-31T09:30:00+25:00',
    // Of four digits in their own zone, and not in UTC.
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
  ])('may not leave its zone open, or write no time: %s', (createdAt) => {
    const { error } = ReplyBody.safeParse({ ...reply, createdAt });
    expect(error?.issues[0]?.path).toEqual(['createdAt']);
  });
});

describe('a target in a header', () => {
  it.each([{ agentId: 'echo' }, { agentName: 'Büro; Hilfe="1"' }, { group: 'hr' }, {}])(
    'is read back: %j',
    (target) => {
      expect(decodeTarget(encodeTarget(target))).toEqual(target);
    },
  );

  it.each(['', '{', '7', '{"agentId":"Not An Id"}', '{"agentId":"a","group":"b"}'])(
    'is refused: %j',
    (header) => {
      expect(() => decodeTarget(header)).toThrow();
    },
  );
});

it('reads a routing decision back from its header', () => {
  const routing: RoutingDecision = {
    agentId: 'echo',
    agentName: 'Echo',
    strategy: 'least-loaded',
    confidence: 1,
    reason: 'the only one',
    candidates: [],
  };
  expect(decodeRouting(encodeRouting(routing))).toEqual(routing);
  expect(() => decodeRouting('{"agentId":"echo"}')).toThrow();
  expect(() => decodeRouting(encodeRouting(routing).padEnd(LIMITS.headerLength + 1))).toThrow('a header of');
});

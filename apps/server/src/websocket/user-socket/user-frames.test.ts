import { describe, expect, it } from '@jest/globals';
import { LIMITS, newId, type ServerFrame } from '@parley/shared-models';
import { createTranslation, parseUserMessage } from './user-frames.ts';

const AT = '2026-01-31T09:30:00.000Z';
const conversationId = newId();
const agent = { kind: 'agent', id: 'helios', name: 'Helios' } as const;
const user = { kind: 'user', id: 'ada', name: 'Ada' } as const;

const message = (
  kind: 'TEXT' | 'REPLY' | 'ERROR' | 'SYSTEM',
  text: string,
  more: object = {},
): ServerFrame => ({
  type: 'message',
  message: {
    id: newId(),
    conversationId,
    seq: 1,
    kind,
    sender:
      kind === 'TEXT' ? user : kind === 'REPLY' ? agent : { kind: 'system', id: 'parley', name: 'Parley' },
    text,
    createdAt: AT,
    ...more,
  },
});
const status = (state: 'routed' | 'delivered' | 'answered' | 'failed'): ServerFrame => ({
  type: 'message.status',
  messageId: newId(),
  conversationId,
  status: state,
  hops: [],
});

describe('a text that comes over the socket of a user', () => {
  it.each([
    [
      'a frame',
      '{"type":"message","message":"I want to work out","timestamp":"2026-01-31T09:30:00Z"}',
      'I want to work out',
    ],
    [
      'a frame with a time of another shape',
      '{"type":"message","message":"hi","timestamp":1769851800}',
      'hi',
    ],
    ['a frame without a time', ' {"type":"message","message":"hi"}', 'hi'],
    ['a plain text', 'I want to work out', 'I want to work out'],
    ['a plain text that looks like a number', '42', '42'],
  ])('is that of %s', (_, frame, text) => {
    expect(parseUserMessage(frame)).toBe(text);
  });

  it.each([
    ['broken JSON', '{"type":"message"', 'invalid_json'],
    ['a list', '[]', 'invalid_frame'],
    ['another type', '{"type":"hello"}', 'invalid_frame'],
    ['no text', '{"type":"message"}', 'invalid_frame'],
    ['an empty text', '{"type":"message","message":""}', 'invalid_frame'],
    ['a message without a text', '{"type":"message","message":{}}', 'invalid_frame'],
    [
      'too long a text',
      JSON.stringify({ type: 'message', message: 'x'.repeat(LIMITS.textLength + 1) }),
      'invalid_frame',
    ],
    ['an empty frame', '', 'invalid_frame'],
    ['NUL', 'a\u0000b', 'invalid_frame'],
  ])('is refused for %s', (_, frame, code) => {
    expect(() => parseUserMessage(frame)).toThrow(expect.objectContaining({ code }));
  });
});

describe('what is told over the socket of a user', () => {
  const told = (...frames: ServerFrame[]) => frames.flatMap(createTranslation());

  it('is that somebody writes, then the answer with its name and time', () => {
    const delta: ServerFrame = {
      type: 'message.delta',
      messageId: newId(),
      conversationId,
      agentId: 'helios',
      index: 0,
      text: 'Let',
    };
    expect(
      told(
        message('TEXT', 'hi'),
        status('routed'),
        status('delivered'),
        delta,
        message('REPLY', 'Let us run!'),
        status('answered'),
      ),
    ).toEqual([
      { type: 'typing', is_typing: true },
      { type: 'typing', is_typing: false },
      { type: 'message', message: 'Let us run!', agent: 'Helios', timestamp: AT },
    ]);
  });

  it('is why there is no answer', () => {
    expect(
      told(
        status('delivered'),
        message('ERROR', 'Nobody is there.', { metadata: { code: 'no_agent_online' } }),
        status('failed'),
      ),
    ).toEqual([
      { type: 'typing', is_typing: true },
      { type: 'typing', is_typing: false },
      { type: 'error', code: 'no_agent_online', message: 'Nobody is there.', timestamp: AT },
    ]);
  });

  it("is an agent's typing, and nobody else's", () => {
    const typing = (by: typeof agent | typeof user, isTyping: boolean): ServerFrame => ({
      type: 'typing',
      conversationId,
      by,
      isTyping,
    });
    expect(told(typing(user, true), typing(agent, true), typing(agent, true), typing(agent, false))).toEqual([
      { type: 'typing', is_typing: true },
      { type: 'typing', is_typing: false },
    ]);
  });

  it('is nothing that these frames have no words for', () => {
    expect(
      told({ type: 'pong' }, message('SYSTEM', 'x'), { type: 'session', conversationId, session: null }),
    ).toEqual([]);
  });

  it('ends the typing of an answer that is no text', () => {
    expect(told(status('delivered'), status('answered'))).toEqual([
      { type: 'typing', is_typing: true },
      { type: 'typing', is_typing: false },
    ]);
  });
});

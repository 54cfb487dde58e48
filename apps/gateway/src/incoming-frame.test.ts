import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@parley/shared-models';
import { parseIncoming } from './incoming-frame.ts';

const parse = (frame: object) => parseIncoming(JSON.stringify(frame));

describe('a frame of an external server', () => {
  it.each([
    ['message', { message: 'hi' }],
    ['text', { text: 'hi' }],
    ['content', { content: 'hi' }],
    ['the first of several that is a text', { message: { no: 'text' }, text: 'hi', content: 'ho' }],
  ])('has its text in %s', (_name, frame) => {
    expect(parse(frame)).toMatchObject({ kind: 'message', format: 'json', text: 'hi', user: undefined });
  });

  it.each([
    ['user_id', { user_id: 'ada' }],
    ['userId', { userId: 'ada' }],
    ['sender', { sender: 'ada' }],
    ['user', { user: 'ada' }],
    ['from', { from: 'ada' }],
    ['an object', { sender: { id: 'ada' } }],
    ['the first of several', { user_id: null, userId: 'ada', from: 'grace' }],
  ])('has its writer in %s', (_name, fields) => {
    expect(parse({ message: 'hi', ...fields })).toMatchObject({ user: { id: 'ada', name: 'ada' } });
  });

  it('takes numbers for ids, and names where there are some', () => {
    expect(parse({ message: 'hi', user_id: 7, user_name: 'Ada', id: 8 })).toMatchObject({
      user: { id: '7', name: 'Ada' },
      id: '8',
    });
    expect(parse({ message: 'hi', sender: { id: 7, name: 'Ada' } })).toMatchObject({
      user: { id: '7', name: 'Ada' },
    });
  });

  // Taken for nobody, two people would share one conversation.
  it.each([
    { user_id: 'x'.repeat(129) },
    { user_id: '' },
    { user_id: ['ada'] },
    { sender: { name: 'Ada' } },
    { id: {} },
  ])('is ignored with an id that is not valid: %j', (fields) => {
    expect(parse({ message: 'hi', ...fields }).kind).toBe('ignored');
  });

  it.each(['hello', '12', '[1]', 'null', '"hi"', '  spaced  '])(
    'is plain text when it is no object: %s',
    (text) => {
      expect(parseIncoming(text)).toMatchObject({ kind: 'message', format: 'text', text });
    },
  );

  it.each([
    '',
    '  \n',
    '\u0000',
    '{"message":"cut',
    '{}',
    '{"message":""}',
    '{"type":"typing","message":"…"}',
  ])('is ignored when it says nothing: %j', (text) => {
    expect(parseIncoming(text)).toMatchObject({ kind: 'ignored', why: expect.any(String) });
  });

  it('is ignored when it is longer than a message may be', () => {
    expect(parseIncoming('x'.repeat(LIMITS.textLength)).kind).toBe('message');
    expect(parseIncoming('x'.repeat(LIMITS.textLength + 1)).kind).toBe('ignored');
  });

  it('is ignored unparsed when it is longer than any frame', () => {
    const filling = 'x'.repeat(LIMITS.frameBytes);
    expect(parse({ message: 'hi', filling })).toEqual({ kind: 'ignored', why: 'it is too long' });
  });

  it.each([{ source: 'parley' }, { agent: 'Helios' }, { role: 'assistant' }])(
    'is of an agent with %j',
    (fields) => {
      expect(parse({ message: 'hi', ...fields }).kind).toBe('of-an-agent');
    },
  );

  it('may be a ping', () => {
    expect(parse({ type: 'ping' })).toEqual({ kind: 'ping' });
  });
});

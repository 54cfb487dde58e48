import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { runs } from '../../../tools/test/property-runs.mjs';
import { CLIENT_FRAMES } from '../testing/client-frame-examples.ts';
import type { FrameExamples } from '../testing/frame-examples.ts';
import { SERVER_FRAMES } from '../testing/server-frame-examples.ts';
import {
  correlationOf,
  describeIssue,
  guessCorrelation,
  type ParsedFrame,
  parseClientFrame,
  parseServerFrame,
} from './frame-parser.ts';
import { LIMITS } from './limits.ts';

const ID = '019c1234-5678-7abc-8def-0123456789ab';

const send = (fields: object): ParsedFrame<unknown> =>
  parseClientFrame(JSON.stringify({ type: 'message.send', id: ID, text: 'Hello', ...fields }));

const publish = (payload: string): ParsedFrame<unknown> =>
  parseClientFrame(
    `{"type":"event.publish","channel":"human","event":{"id":"${ID}","type":"note","payload":${payload}}}`,
  );

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const sides = {
  client: [parseClientFrame, CLIENT_FRAMES],
  server: [parseServerFrame, SERVER_FRAMES],
} as const;

describe.each(Object.entries(sides))('a frame of the %s', (_side, [parse, examples]) => {
  describe.each(Object.entries<FrameExamples<object>>(examples))('%s', (_type, { valid, invalid }) => {
    it('is taken as it is when it is right', () => {
      for (const frame of valid) expect(parse(JSON.stringify(frame))).toEqual({ ok: true, frame });
    });

    it('is taken without the fields that the protocol does not know', () => {
      const [frame] = valid;
      expect(parse(JSON.stringify({ ...frame, fromTheFuture: 1 }))).toEqual({ ok: true, frame });
    });

    it('is refused with the path of the error', () => {
      for (const [change, path] of invalid) {
        const result = parse(JSON.stringify({ ...valid[0], ...change }));
        expect(result).toMatchObject({ ok: false, error: { code: 'invalid_frame', details: { path } } });
        if (!result.ok)
          expect(result.error.message).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: .+`));
      }
    });
  });

  it.each(['', 'hello', '{', '{"type":"ping"', '"ping"', '7', 'null', '[]', '[{"type":"ping"}]'])(
    'must be one JSON object, not %j',
    (text) => {
      expect(parse(text)).toMatchObject({ ok: false, error: { code: 'invalid_json' } });
    },
  );

  it.each(['{}', '{"type":7}', '{"type":null}', '{"type":["ping"]}'])(
    'must have a type that is a string: %s',
    (text) => {
      expect(parse(text)).toEqual({
        ok: false,
        error: { code: 'invalid_frame', message: 'type: a string is required', details: { path: 'type' } },
      });
    },
  );

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'Hello',
    'message',
    '',
    ' ping',
    'x'.repeat(1000),
  ])('may not have the type %j', (type) => {
    // `message` is a server's frame, `hello` a client's.
    const unknown = type === 'message' && parse === parseServerFrame ? 'hello' : type;
    const result = parse(JSON.stringify({ type: unknown }));
    expect(result).toMatchObject({ ok: false, error: { code: 'unknown_type', details: { path: 'type' } } });
    if (!result.ok) expect(result.error.message.length).toBeLessThan(100);
  });

  it('never throws, for any input', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record({ type: fc.constantFrom(...Object.keys(examples)), id: fc.jsonValue() })
        .map((frame) => JSON.stringify(frame)),
      fc
        .tuple(fc.constantFrom(...Object.keys(examples)), fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([type, fields]) => JSON.stringify({ ...fields, type })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const result = parse(text);
        if (result.ok) expect(examples).toHaveProperty([result.frame.type]);
        else expect(result.error.message).not.toBe('');
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('the payload of an event', () => {
  it('is kept as it is, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), (payload) => {
        fc.pre(!JSON.stringify(payload).includes('__proto__'));
        const result = publish(JSON.stringify(payload));
        expect(result).toMatchObject({
          ok: true,
          frame: { event: { payload: JSON.parse(JSON.stringify(payload)) } },
        });
      }),
    );
  });

  it('may be nested as deep as the limit and no deeper', () => {
    expect(publish(nested(LIMITS.jsonDepth)).ok).toBe(true);
    expect(publish(nested(LIMITS.jsonDepth + 1))).toMatchObject({
      ok: false,
      error: {
        code: 'invalid_frame',
        message: 'event.payload: nested deeper than 64',
        details: { path: 'event.payload' },
      },
    });
  });

  it('cannot run the parser out of stack', () => {
    expect(publish(nested(100_000))).toMatchObject({ ok: false, error: { code: 'invalid_frame' } });
  });

  it('cannot reach the prototype of anything', () => {
    publish('{"__proto__":{"isPolluted":true},"constructor":{"prototype":{"isPolluted":true}}}');
    expect(Object.hasOwn(Object.prototype, 'isPolluted')).toBe(false);
    expect(({} as { isPolluted?: boolean }).isPolluted).toBeUndefined();
  });
});

describe('a text', () => {
  it('is kept letter by letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (text) => {
        fc.pre(!text.includes('\u0000'));
        expect(send({ text })).toMatchObject({ ok: true, frame: { text } });
      }),
    );
  });

  it('may be as long as the limit', () => {
    expect(send({ text: 'ä'.repeat(LIMITS.textLength) }).ok).toBe(true);
    expect(send({ text: 'ä'.repeat(LIMITS.textLength + 1) }).ok).toBe(false);
  });

  it('of that length fits into a frame, however many bytes its letters take', () => {
    const frame = JSON.stringify({ type: 'message.send', id: ID, text: '語'.repeat(LIMITS.textLength) });
    expect(new TextEncoder().encode(frame).length).toBeLessThan(LIMITS.frameBytes);
  });
});

describe('a target', () => {
  it.each(['agentid', 'agent', 'agentIds', 'name'])(
    'with the unknown key %j is refused, and the key named',
    (key) => {
      const result = send({ target: { [key]: 'echo' } });
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'invalid_frame', details: { path: 'target' } },
      });
      if (!result.ok) expect(result.error.message).toContain(`"${key}"`);
      expect(send({ target: { agentId: 'echo', [key]: 'echo' } }).ok).toBe(false);
    },
  );

  it('is refused shortly, however many unknown keys it has', () => {
    const target = Object.fromEntries(Array.from({ length: 10_000 }, (_, number) => [`key ${number}`, 1]));
    expect(JSON.stringify(send({ target })).length).toBeLessThan(1000);
  });
});

describe('an id', () => {
  it.each([
    '9b2f0c1e-5f0a-4f3e-8a51-0d7b8a1f2c3d',
    'c232ab00-9414-11ec-b3c8-9e6bdeced846',
    '1ec9414c-232a-6b00-b3c8-9e6bdeced846',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ])('may be a UUID of any version, in either case: %s', (id) => {
    for (const spelling of [id, id.toUpperCase()])
      expect(send({ id: spelling, conversationId: spelling, inReplyTo: spelling })).toMatchObject({
        ok: true,
        frame: { id, conversationId: id, inReplyTo: id },
      });
    const resume = { [id.toUpperCase()]: 7 };
    expect(parseClientFrame(JSON.stringify({ type: 'hello', clientName: 'a', resume }))).toMatchObject({
      ok: true,
      frame: { resume: { [id]: 7 } },
    });
  });

  it.each([
    '',
    '1',
    '9b2f0c1e5f0a4f3e8a510d7b8a1f2c3d',
    '{9b2f0c1e-5f0a-4f3e-8a51-0d7b8a1f2c3d}',
    '9b2f0c1e-5f0a-4f3e-8a51-0d7b8a1f2c3g',
  ])('may not be anything else: %j', (id) => {
    expect(send({ id })).toMatchObject({
      ok: false,
      error: { message: 'id: must be a UUID', details: { path: 'id' } },
    });
  });
});

describe('guessCorrelation', () => {
  it.each([
    [`{"type":"message.send","id":"${ID}","text":"x"}`, ID],
    [`{ "type": "message.cancel", "messageId": "${ID}" }`, ID],
    [`{"conversationId":"c","id":"i"}`, 'i'],
    ['{"type":"ping"}', undefined],
    [`{"text":"\\"id\\":\\"no\\""}`, undefined],
    ['"id":', undefined],
  ])('of %s is %s', (text, id) => expect(guessCorrelation(text)).toBe(id));

  it('looks at the beginning only', () => {
    expect(guessCorrelation(`{"text":"${'x'.repeat(100_000)}","id":"i"}`)).toBeUndefined();
  });
});

describe('an error', () => {
  it('names the frame that it answers', () => {
    expect(send({ text: '' })).toMatchObject({ ok: false, inReplyTo: ID });
    expect(parseClientFrame(JSON.stringify({ type: 'nonsense', id: 'mine' }))).toMatchObject({
      inReplyTo: 'mine',
    });
    expect(parseClientFrame(JSON.stringify({ type: 7, messageId: 'mine' }))).toMatchObject({
      inReplyTo: 'mine',
    });
  });

  it('names no id where the frame had no id', () => {
    expect(parseClientFrame('{"type":"hello"}')).not.toHaveProperty('inReplyTo');
    expect(parseClientFrame('{')).not.toHaveProperty('inReplyTo');
  });

  it('does not repeat a key that is as long as a frame', () => {
    const result = parseClientFrame(
      JSON.stringify({ type: 'hello', clientName: 'a', resume: { ['x'.repeat(100_000)]: 1 } }),
    );
    expect(JSON.stringify(result).length).toBeLessThan(1000);
  });
});

describe('correlationOf', () => {
  it.each([
    [{ id: 'a', messageId: 'b', conversationId: 'c' }, 'a'],
    [{ messageId: 'b', conversationId: 'c' }, 'b'],
    [{ taskId: 't', conversationId: 'c' }, 't'],
    [{ conversationId: 'c', agentId: 'd' }, 'c'],
    [{ agentId: 'd' }, 'd'],
    [{ id: 7, messageId: 'b' }, 'b'],
    [{ id: 7 }, undefined],
    [{}, undefined],
  ])('of %j is %s', (frame, id) => {
    expect(correlationOf(frame)).toBe(id);
  });

  it('is cut where it is too long to be an id', () => {
    expect(correlationOf({ id: 'x'.repeat(1000) })).toHaveLength(128);
  });
});

describe('describeIssue', () => {
  it('names the first thing that is wrong, with its path where it has one', () => {
    const schema = z.object({ a: z.object({ b: z.array(z.string('text')) }), c: z.string() });
    const { error } = schema.safeParse({ a: { b: ['x', 1] } });
    expect(error && describeIssue(error)).toEqual({ message: 'a.b.1: text', details: { path: 'a.b.1' } });
    const { error: bare } = z.string('text').safeParse(1);
    expect(bare && describeIssue(bare)).toEqual({ message: 'text', details: { path: '' } });
  });
});

import { describe, expect, it } from '@jest/globals';
import { HEADERS, LIMITS, ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { startHandler } from '../testing/handler-fixture.ts';
import type { MessageContext } from './agent-definition.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());

/** Values that JavaScript lets through. */
const anything = (value: unknown) => value as never;

const circle: Record<string, unknown> = {};
circle.self = circle;

const bomb = {
  get message(): string {
    throw new Error('boom');
  },
};
const hostile = new Proxy(new Error('hidden'), {
  get() {
    throw new Error('boom');
  },
  getPrototypeOf() {
    throw new Error('boom');
  },
});

describe('a handler that returns no text', () => {
  it.each([
    ['a number', 42, 'returned the number 42'],
    ['a boolean', true, 'returned the boolean true'],
    ['an object', { text: 'hello' }, "returned the object { text: 'hello' }"],
    ['an array', ['hello'], 'returned an array of 1'],
    [
      'a Buffer',
      Buffer.from('hello'),
      'returned a Buffer of 5 bytes; it may return a text, which is the reply, or nothing. Decode',
    ],
    ['a Uint8Array', new Uint8Array(3), 'returned a Uint8Array of 3 bytes'],
    ['a function', () => 'hello', 'returned a function'],
    ['a BigInt', 10n, 'returned the BigInt 10n'],
    ['a symbol', Symbol('a'), 'returned the symbol Symbol(a)'],
    ['a Proxy', new Proxy({}, {}), 'returned a Proxy'],
    ['a circle', circle, 'returned the object <ref *1> { self: [Circular *1] }'],
  ])('fails once, with what it is: %s', async (_what, returned, said) => {
    let calls = 0;
    const { ask, written, bodies, lines } = await start({
      onMessage() {
        calls += 1;
        return anything(returned);
      },
    });
    await ask('go');
    await written.waitFor(1);
    const message = expect.stringContaining(`onMessage of Tess ${said}`);
    expect(bodies()).toMatchObject([{ type: 'chat.failed', code: 'agent_failed', message }]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ err: expect.objectContaining({ message }) }),
      }),
    );
    expect(calls).toBe(1);
  });

  it('may return null for nothing', async () => {
    const { ask, written, bodies } = await start({ onMessage: () => anything(null) });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.settled' }]);
  });

  it('after a reply has answered: that is only logged', async () => {
    const { ask, written, bodies, lines } = await start({
      async onMessage({ reply }) {
        await reply('done');
        return anything(42);
      },
    });
    await ask('go');
    await ask('go on');
    await written.waitFor(2);
    expect(bodies()).toMatchObject([{ text: 'done' }, { text: 'done' }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('returned the number 42') }),
    );
  });
});

describe('a handler that gives something of a wrong type', () => {
  it.each<[string, (context: MessageContext) => Promise<unknown>, string]>([
    [
      'a number as reply',
      ({ reply }) => reply(anything(42)),
      'reply() was given the number 42; it takes a text.',
    ],
    [
      'nothing as reply',
      ({ reply }) => reply(anything(undefined)),
      'reply() was given undefined; it takes a text.',
    ],
    [
      'bytes as reply',
      ({ reply }) => reply(anything(Buffer.from('hi'))),
      'a Buffer of 2 bytes; it takes a text. Decode',
    ],
    [
      'a promise as reply',
      ({ reply }) => reply(anything(Promise.resolve('a'))),
      'a promise that was not awaited',
    ],
    ['a text as metadata', ({ reply }) => reply('a', anything('b')), "The reply's metadata is the text 'b'"],
    [
      'a date as metadata',
      ({ reply }) => reply('a', { at: anything(new Date()) }),
      'metadata, at at, is a Date',
    ],
    ['a circle as metadata', ({ reply }) => reply('a', anything(circle)), 'contains itself'],
    [
      'metadata of many keys',
      ({ reply }) => reply('a', Object.fromEntries(Array.from({ length: 101 }, (_, key) => [`k${key}`, 1]))),
      'The reply is wrong: ✖ at most 100 keys',
    ],
    ['much metadata', ({ reply }) => reply('a', { b: 'x'.repeat(1e6) }), 'bytes as JSON, at most 32768'],
    ['a text as stream', ({ stream }) => stream(anything('abc')), "stream() was given the text 'abc'"],
    [
      'what gives no iterator as stream',
      ({ stream }) => stream(anything({ [Symbol.asyncIterator]: () => null })),
      'stream() was given the object {',
    ],
    ['nothing as stream', ({ stream }) => stream(anything(undefined)), 'stream() was given undefined'],
    ['a response as stream', ({ stream }) => stream(anything(new Response('a'))), 'such as response.body'],
    [
      'numbers as pieces',
      ({ stream }) => stream(anything(['a', 7])),
      'Piece 2 of the stream is the number 7',
    ],
    [
      'a BigInt to remember',
      ({ memory }) => memory.put('a', anything({ b: [1n] })),
      'The memory "a", at b[0], is the BigInt 1n',
    ],
    ['NaN to remember', ({ memory }) => memory.put('a', Number.NaN), 'The memory "a" is the number NaN'],
    [
      'a date to remember',
      ({ memory }) => memory.put('a', anything({ at: new Date() })),
      'give its toISOString()',
    ],
    [
      'a map to remember',
      ({ memory }) => memory.put('a', anything(new Map())),
      'The memory "a" is the object Map(0) {}',
    ],
    [
      'a circle to remember',
      ({ memory }) => memory.put('a', anything(circle)),
      'The memory "a", at self, contains itself',
    ],
    [
      'a getter that throws to remember',
      ({ memory }) => memory.put('a', anything(bomb)),
      'a property "message" that throws',
    ],
    ['a Proxy to remember', ({ memory }) => memory.put('a', anything(hostile)), 'The memory "a" is a Proxy'],
    [
      'too much to remember',
      ({ memory }) => memory.put('a', 'x'.repeat(300_000)),
      'at most 262144 are allowed',
    ],
    ['a number as key', ({ memory }) => memory.put(anything(7), 1), 'memory was given the number 7 as a key'],
    [
      'no schema',
      ({ memory }) =>
        memory.update(
          'a',
          anything(() => 1),
          anything(undefined),
        ),
      'as the schema of "a"',
    ],
    ['no change', ({ memory }) => memory.update('a', z.number(), anything(7)), 'it takes a function last'],
    [
      'undefined by a change',
      ({ memory }) => memory.update('a', z.unknown(), () => undefined),
      'The memory "a" is undefined',
    ],
    [
      'a number to ask',
      ({ ask }) => ask('Bo', anything(42)),
      'ask() was given the number 42 as the question',
    ],
    [
      'a number as whom to ask',
      ({ ask }) => ask(anything(42), 'a'),
      'ask() was given the number 42 as the agent',
    ],
    ['a circle as whom to ask', ({ ask }) => ask(anything(circle), 'a'), 'as the agent; it takes a name'],
    [
      'an unknown channel',
      ({ publish }) => publish(anything('nowhere'), 'a', 1),
      "the text 'nowhere' as the channel; there are: human, agents",
    ],
    [
      'an event without type',
      ({ publish }) => publish('agents', anything(undefined), 1),
      'The event cannot be published',
    ],
    [
      'a circle as payload',
      ({ publish }) => publish('agents', 'made', circle),
      'The payload of made, at self, contains itself',
    ],
    [
      'a big payload',
      ({ publish }) => publish('agents', 'made', 'x'.repeat(1e6)),
      'at most 262144 are allowed',
    ],
    [
      'a task without a title',
      ({ tasks }) => tasks.start(anything({ title: 42 })),
      'the number 42 as its title',
    ],
    [
      'a circle as input of a task',
      ({ tasks }) => tasks.start({ title: 'a', input: anything(circle) }),
      "The task's input, at self, contains itself",
    ],
  ])('is told what is wrong: %s', async (_what, onMessage, said) => {
    let calls = 0;
    const { ask, written, bodies } = await start({
      async onMessage(context) {
        calls += 1;
        await onMessage(context);
      },
      tasks: { plan: () => ({ steps: [], aggregate: { title: 'a', group: 'a' } }) },
    });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { type: 'chat.failed', code: 'agent_failed', message: expect.stringContaining(said) },
    ]);
    expect(calls).toBe(1);
  });

  it('says no half characters and no NUL, which a store cannot hold', async () => {
    const { ask, written, bodies } = await start({ onMessage: () => 'a\0b\ud800c' });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: 'a\ufffdb\ufffdc' }]);
  });
});

describe('a stream of bytes', () => {
  const text = 'Grüße, 世界 😀!';

  it.each([
    ['of a response', () => new Response(text).body],
    ['byte by byte', () => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte))],
    ['as Buffers, mixed with texts', () => [Buffer.from(text.slice(0, 4)), text.slice(4)]],
    ['cut off inside a character', () => [Buffer.from(text), Buffer.from('é').subarray(0, 1)]],
  ])('is decoded: %s', async (how, body) => {
    const { ask, written, bodies } = await start({ onMessage: ({ stream }) => stream(anything(body())) });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: how.startsWith('cut off') ? `${text}\ufffd` : text }]);
  });
});

describe('a handler that throws something else than an error', () => {
  it.each([
    ['null', null, 'it threw null'],
    ['nothing', undefined, 'it threw undefined'],
    ['a text', 'out of ideas', 'out of ideas'],
    ['a number', 42, 'it threw the number 42'],
    ['an object without a prototype', Object.create(null), 'it threw the object [Object: null prototype] {}'],
    ['an object with a message', { message: 'out of ideas' }, 'out of ideas'],
    ['a getter that throws', bomb, 'it threw the object'],
    ['a Proxy whose every trap throws', hostile, 'it threw a Proxy'],
    ['an error whose message is no text', Object.assign(new Error('a'), { message: 7 }), 'it threw an Error'],
    [
      'an error with a field that throws',
      Object.defineProperty(new Error('out of ideas'), 'more', {
        enumerable: true,
        get() {
          throw new Error('boom');
        },
      }),
      'out of ideas',
    ],
    ['a code that there is not', new ParleyError(anything('nonsense'), 'out of ideas'), 'out of ideas'],
    ['an error without a message', new TypeError(), 'it threw TypeError without a message'],
    [
      'several errors without a message of their own',
      new AggregateError([new Error('connect ECONNREFUSED ::1:1'), null, new Error('127.0.0.1:1')], ''),
      'connect ECONNREFUSED ::1:1; 127.0.0.1:1',
    ],
    ['several errors', new AggregateError([new Error('one')], 'All failed'), 'All failed; one'],
    ['an error with NUL', new Error('out\0of ideas'), 'out\ufffdof ideas'],
  ])('fails after its attempts, with what it is: %s', async (_what, thrown, said) => {
    let calls = 0;
    const { ask, dead } = await start({
      attempts: 2,
      onMessage() {
        calls += 1;
        throw thrown;
      },
    });
    await ask('go');
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers).toMatchObject({
      [HEADERS.deathReason]: 'agent_failed',
      [HEADERS.deathMessage]: expect.stringContaining(`Tess failed: ${said}`),
    });
    expect(calls).toBe(2);
  });
});

describe('an agent that publishes without end', () => {
  it('publishes a thousand events for one message and no more', async () => {
    const { ask, written, bodies } = await start({
      async onMessage({ publish }) {
        for (;;) await publish('agents', 'made', 1);
      },
    });
    await ask('go');
    await written.waitFor(1);
    const message = `More than ${LIMITS.eventsPerMessage} events were published for one message or event.`;
    expect(bodies()).toMatchObject([{ type: 'chat.failed', message }]);
  });
});

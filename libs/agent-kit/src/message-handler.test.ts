import { afterEach, describe, expect, it } from '@jest/globals';
import { collectDeliveries, eventually, gate } from '@parley/messaging/test-queue';
import {
  agentQueue,
  deriveId,
  encodeSessionHint,
  HEADERS,
  LIMITS,
  newId,
  ParleyError,
  ReplyBody,
  SERVER_INPUT_QUEUE,
  traceparentOf,
} from '@parley/shared-models';
import { z } from 'zod';
import type { MessageContext } from './agent-definition.ts';
import { AGENT, type HandlerFixture, replyId, startHandler } from './testing/handler-fixture.ts';

const opened: HandlerFixture[] = [];
const start: typeof startHandler = async (...args) => {
  const fixture = await startHandler(...args);
  opened.push(fixture);
  return fixture;
};
afterEach(async () => {
  for (const fixture of opened.splice(0)) await fixture.remove();
});

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

describe('an agent that answers', () => {
  it('writes its reply to the broker, with all that the way back needs', async () => {
    const { ask, written } = await start({ onMessage: ({ text, reply }) => reply(`You said ${text}`) });
    const traceparent = traceparentOf(newId());
    const request = await ask('hello', { headers: { [HEADERS.traceparent]: traceparent } });
    const envelope = (await written.waitFor(1))[0]?.envelope;
    expect(envelope).toMatchObject({
      messageId: replyId(request, 0),
      correlationId: request.id,
      type: 'chat.reply',
      headers: {
        [HEADERS.conversation]: request.conversationId,
        [HEADERS.sender]: 'agent:tess',
        [HEADERS.receiver]: 'user:ada',
        [HEADERS.incarnation]: 3,
        [HEADERS.attempt]: 0,
        [HEADERS.hops]: expect.stringMatching(/^server=1;broker=2;server=3;agent:tess=\d+$/),
        [HEADERS.traceparent]: traceparent,
      },
    });
    expect(ReplyBody.parse(JSON.parse(Buffer.from(envelope?.body ?? []).toString()))).toMatchObject({
      id: replyId(request, 0),
      conversationId: request.conversationId,
      kind: 'REPLY',
      sender: { kind: 'agent', id: 'tess', name: 'Tess' },
      receiver: { kind: 'user', id: 'ada', name: 'Ada' },
      text: 'You said hello',
      inReplyTo: request.id,
    });
  });

  it('is given the message, and who it is itself', async () => {
    const seen: MessageContext[] = [];
    const { ask, written } = await start({ onMessage: (context) => void seen.push(context) });
    const request = await ask('hello');
    await written.waitFor(1);
    expect(seen).toMatchObject([
      { text: 'hello', message: request, conversationId: request.conversationId, agent: AGENT },
    ]);
  });

  it('may reply several times, with an id of its own for each', async () => {
    const { ask, written, bodies } = await start({
      async onMessage({ reply }) {
        await reply('one', { step: 1 });
        await reply('two');
      },
    });
    const request = await ask('count');
    await written.waitFor(2);
    expect(bodies()).toMatchObject([
      { id: replyId(request, 0), text: 'one', metadata: { step: 1 } },
      { id: replyId(request, 1), text: 'two' },
    ]);
  });

  it.each([
    ['at once', () => 'yes'],
    ['later', async () => 'yes'],
  ])('replies with the text that it returns %s', async (_when, onMessage) => {
    const { ask, written, bodies } = await start({ onMessage });
    const request = await ask('well?');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', id: replyId(request, 0), text: 'yes' }]);
  });

  it('does not say again what it returns after a reply', async () => {
    const { ask, written, bodies } = await start({
      async onMessage({ text, reply, stream }) {
        if (text === 'stream') return stream(pieces('written'));
        await reply('said');
        return 'said';
      },
    });
    await ask('reply');
    await ask('stream');
    await ask('stream');
    await written.waitFor(3);
    expect(bodies().map(({ text }) => text)).toEqual(['said', 'written', 'written']);
  });

  it.each([
    ['nothing', async () => {}],
    ['an empty text', () => ''],
  ])('ends the request when it returns %s', async (_what, onMessage) => {
    const { ask, written, bodies } = await start({ onMessage });
    const request = await ask('hush');
    const [delivery] = await written.waitFor(1);
    expect(delivery?.envelope.messageId).toBe(deriveId(request.id, 'tess', 'settled'));
    expect(bodies()).toEqual([{ type: 'chat.settled', requestId: request.id }]);
  });

  it('shows a reply while it is being written, and sends the whole under the same id', async () => {
    const { ask, written, bodies, signals } = await start({
      async onMessage({ stream, reply }) {
        const whole = await stream(pieces('one', '', ' two', ' three'), { isPoem: true });
        await reply(whole.toUpperCase());
      },
    });
    const request = await ask('count');
    await written.waitFor(2);
    expect(bodies()).toMatchObject([
      { id: replyId(request, 0), text: 'one two three', metadata: { isPoem: true } },
      { id: replyId(request, 1), text: 'ONE TWO THREE' },
    ]);
    const delta = {
      messageId: replyId(request, 0),
      conversationId: request.conversationId,
      agentId: 'tess',
      inReplyTo: request.id,
    };
    await eventually(() =>
      expect(signals).toEqual(
        ['one', ' two', ' three'].map((text, index) => ({
          type: 'chat.delta',
          body: { ...delta, index, text },
        })),
      ),
    );
  });

  it('shows that it is typing', async () => {
    const { ask, written, signals } = await start({
      onMessage({ typing }) {
        typing();
        typing(false);
      },
    });
    const { conversationId } = await ask('hello');
    await written.waitFor(1);
    const by = { kind: 'agent', ...AGENT };
    await eventually(() =>
      expect(signals).toEqual([
        { type: 'chat.typing', body: { conversationId, by, isTyping: true } },
        { type: 'chat.typing', body: { conversationId, by, isTyping: false } },
      ]),
    );
  });
});

describe('several messages', () => {
  it('of one conversation are answered in order, those of others meanwhile', async () => {
    const slow = gate();
    const { ask, written, bodies } = await start({
      async onMessage({ text }) {
        if (text === 'slow') await slow.opened;
        return text;
      },
    });
    const { conversationId } = await ask('slow');
    await ask('quick', { conversationId });
    await ask('other');
    await written.waitFor(1);
    slow.open();
    await written.waitFor(3);
    expect(bodies().map(({ text }) => text)).toEqual(['other', 'slow', 'quick']);
  });

  it('of one conversation go on after one that failed', async () => {
    const { ask, written, dead, bodies } = await start({
      attempts: 1,
      onMessage({ text }) {
        if (text === 'bad') throw new Error('no');
        return text;
      },
    });
    const { conversationId } = await ask('bad');
    await ask('good', { conversationId });
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: 'good' }]);
    await dead.waitFor(1);
  });

  it('are counted for the heartbeat', async () => {
    const { ask, written, meter } = await start({
      onMessage({ text }) {
        if (text === 'bad') throw new ParleyError('agent_failed', 'no');
        return text;
      },
    });
    for (const text of ['good', 'good', 'bad']) await ask(text);
    await written.waitFor(3);
    await eventually(() => expect(meter.metrics()).toMatchObject({ handled: 2, failed: 1 }));
    expect(meter.load()).toBe(0);
  });
});

describe('a message that is handed out again', () => {
  it('is not handled a second time when its end is safe in the queue', async () => {
    const { ask, askAgain, written, bodies } = await start({ onMessage: ({ text }) => text });
    const request = await ask('once');
    await written.waitFor(1);
    await askAgain(request);
    await ask('then', { conversationId: request.conversationId });
    await written.waitFor(2);
    expect(bodies().map(({ text }) => text)).toEqual(['once', 'then']);
  });

  it('is handled again as a further attempt, with the same ids', async () => {
    const { ask, askAgain, written } = await start({ onMessage: ({ text }) => text });
    const request = await ask('once');
    await written.waitFor(1);
    await askAgain(request, { [HEADERS.attempt]: 1 });
    const deliveries = await written.waitFor(2);
    expect(deliveries.map(({ envelope }) => envelope.messageId)).toEqual([
      replyId(request, 0),
      replyId(request, 0),
    ]);
    expect(deliveries.map(({ envelope }) => envelope.headers[HEADERS.attempt])).toEqual([0, 1]);
  });

  it('gets the same ids from the process that comes after one that died over it', async () => {
    const first = await start({ onMessage: ({ reply }) => reply('one').then(() => new Promise(() => {})) });
    const request = await first.ask('twice');
    await first.written.waitFor(1);
    const second = await start({
      async onMessage({ reply }) {
        await reply('one');
        await reply('two');
      },
    });
    await second.askAgain(request);
    const deliveries = await second.written.waitFor(2);
    expect(first.written.all[0]?.envelope.messageId).toBe(deliveries[0]?.envelope.messageId);
  });

  it('for a later incarnation waits until this process is that, or another one takes it', async () => {
    const fixture = await start({ onMessage: ({ text }) => text });
    await fixture.ask('for the next', { headers: { [HEADERS.incarnation]: 4 } });
    await fixture.ask('for this one', { headers: { [HEADERS.incarnation]: 3 } });
    await fixture.written.waitFor(1);
    fixture.incarnation = 4;
    await fixture.written.waitFor(2);
    expect(fixture.bodies().map(({ text }) => text)).toEqual(['for this one', 'for the next']);
  });

  it('is answered as who the process is by then, when it has registered again meanwhile', async () => {
    const begun = gate();
    const mayReply = gate();
    const fixture = await start({
      async onMessage({ reply }) {
        begun.open();
        await mayReply.opened;
        await reply('still me');
      },
    });
    await fixture.ask('hello');
    await begun.opened;
    fixture.incarnation = 4;
    mayReply.open();
    const [delivery] = await fixture.written.waitFor(1);
    expect(delivery?.envelope.headers[HEADERS.incarnation]).toBe(4);
  });
});

describe('an agent that throws', () => {
  it('is asked again, and its reply has the id that it would have had the first time', async () => {
    let calls = 0;
    const { ask, written, bodies } = await start({
      async onMessage({ stream }) {
        calls += 1;
        const breaks = calls < 3;
        await stream(
          (async function* () {
            yield 'half ';
            if (breaks) throw new Error('connection lost');
            yield 'and half';
          })(),
        );
      },
    });
    const request = await ask('try');
    await written.waitFor(1);
    expect(calls).toBe(3);
    expect(bodies()).toMatchObject([{ id: replyId(request, 0), text: 'half and half' }]);
  });

  it.each([
    ['at once', 3, undefined],
    ['at once, with one attempt', 1, 1],
    ['later', 3, undefined],
  ])(
    '%s, each time, makes a dead letter that says why after %d attempts',
    async (when, expected, attempts) => {
      let calls = 0;
      const { ask, dead, written } = await start({
        ...(attempts === undefined ? {} : { attempts }),
        onMessage() {
          calls += 1;
          if (when !== 'later') throw new Error('out of ideas');
          return Promise.reject(new Error('out of ideas'));
        },
      });
      const request = await ask('why?');
      const [letter] = await dead.waitFor(1);
      expect(calls).toBe(expected);
      expect(letter?.envelope).toMatchObject({
        messageId: request.id,
        headers: {
          [HEADERS.deathReason]: 'agent_failed',
          [HEADERS.deathMessage]: 'Tess failed: out of ideas',
          [HEADERS.deathQueue]: agentQueue('tess'),
        },
      });
      expect(written.all).toEqual([]);
    },
  );

  it('after it has replied is not asked again: it would answer twice', async () => {
    let calls = 0;
    const { ask, dead, written } = await start({
      async onMessage({ reply }) {
        calls += 1;
        await reply('half an answer');
        throw new Error('and now?');
      },
    });
    await ask('why?');
    await dead.waitFor(1);
    expect(calls).toBe(1);
    expect(written.all).toHaveLength(1);
  });

  it('an error with a code has the request fail with that, at once', async () => {
    const { ask, written, bodies, dead } = await start({
      onMessage: () => Promise.reject(new ParleyError('unavailable', 'The model is away.')),
    });
    const request = await ask('why?');
    const [delivery] = await written.waitFor(1);
    expect(delivery?.envelope).toMatchObject({
      messageId: deriveId(request.id, 'tess', 'failed'),
      correlationId: request.id,
      headers: { [HEADERS.sender]: 'agent:tess', [HEADERS.incarnation]: 3 },
    });
    expect(bodies()).toEqual([
      { type: 'chat.failed', requestId: request.id, code: 'unavailable', message: 'The model is away.' },
    ]);
    expect(dead.all).toEqual([]);
  });

  it('has the request fail when its reply is too long to be stored', async () => {
    const { ask, written, bodies } = await start({ onMessage: () => 'x'.repeat(LIMITS.textLength + 1) });
    await ask('a novel');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { type: 'chat.failed', code: 'agent_failed', message: expect.stringContaining('60001 characters') },
    ]);
  });
});

describe('what is no request', () => {
  it.each([
    ['a body that is none', 'chat.message', '{"id":'],
    ['a body of something else', 'chat.message', '{"text":"hello"}'],
    ['another type', 'chat.reply', '{}'],
  ])('becomes a dead letter: %s; the agent goes on', async (_what, type, body) => {
    const { bus, ask, dead, written } = await start({ onMessage: ({ text }) => text });
    const messageId = newId();
    const headers = {};
    await bus.publish(agentQueue('tess'), {
      messageId,
      type,
      timestamp: 1,
      headers,
      body: Buffer.from(body),
    });
    await ask('hello');
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope).toMatchObject({
      messageId,
      headers: { [HEADERS.deathReason]: 'malformed_message' },
    });
    await written.waitFor(1);
  });
});

describe('an answer that is stopped', () => {
  it('keeps what was written so far', async () => {
    const { ask, handler, written, bodies } = await start({
      onMessage: ({ message, stream }) =>
        stream(
          (async function* () {
            yield 'Once upon';
            handler.cancel(message.id);
            yield ' a time';
            yield ' there was';
          })(),
        ),
    });
    const request = await ask('a story');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { type: 'chat.reply', id: replyId(request, 0), metadata: { isStopped: true } },
    ]);
    expect(bodies()[0]?.text).toMatch(/^Once upon( a time)?$/);
  });

  it('keeps it too when the source ends by throwing', async () => {
    const { ask, handler, written, bodies } = await start({
      onMessage: ({ message, stream, signal }) =>
        stream(
          (async function* () {
            yield 'Once upon';
            handler.cancel(message.id);
            signal.throwIfAborted();
          })(),
        ),
    });
    await ask('a story');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'Once upon' }]);
  });

  it.each([
    ['before anything was written', ({ stream }: MessageContext) => stream(pieces())],
    ['and tries to reply all the same', ({ reply }: MessageContext) => reply('but')],
    ['and throws', () => Promise.reject(new Error('aborted'))],
    [
      'and throws before it has returned a promise',
      () => {
        throw new Error('aborted');
      },
    ],
    ['and pays no heed', () => new Promise<void>(() => {})],
  ])('%s fails as cancelled', async (_when, goOn) => {
    const { ask, handler, written, bodies } = await start({
      onMessage(context) {
        handler.cancel(context.message.id);
        return goOn(context).then(() => undefined);
      },
    });
    const request = await ask('a story');
    await written.waitFor(1);
    expect(bodies()).toEqual([
      { type: 'chat.failed', requestId: request.id, code: 'cancelled', message: 'You stopped the answer.' },
    ]);
  });

  it('between two tries is not tried again', async () => {
    let calls = 0;
    const { ask, handler, written, bodies } = await start({
      onMessage({ message }) {
        calls += 1;
        setImmediate(() => handler.cancel(message.id));
        throw new Error('not yet');
      },
    });
    await ask('a story');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.failed', code: 'cancelled' }]);
    expect(calls).toBe(1);
  });

  it('before its turn has come is never begun', async () => {
    const begun: string[] = [];
    const first = Promise.withResolvers<void>();
    const { ask, handler, written, bodies } = await start({
      async onMessage({ text }) {
        begun.push(text);
        await first.promise;
      },
    });
    const { conversationId } = await ask('first');
    const second = await ask('second', { conversationId });
    handler.cancel(second.id);
    first.resolve();
    await written.waitFor(2);
    expect(bodies()).toContainEqual(
      expect.objectContaining({ type: 'chat.failed', requestId: second.id, code: 'cancelled' }),
    );
    expect(begun).toEqual(['first']);
  });

  it('is none of another message', async () => {
    const { ask, handler, written, bodies } = await start({
      onMessage(context) {
        handler.cancel(newId());
        return context.text;
      },
    });
    await ask('go on');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: 'go on' }]);
  });
});

describe('an agent that takes too long', () => {
  it('has the request fail, and cannot reply any more', async () => {
    const late = Promise.withResolvers<unknown>();
    const hasFailed = gate();
    const { ask, written, bodies } = await start(
      {
        timeoutMs: 10,
        async onMessage({ reply }) {
          await hasFailed.opened;
          try {
            await reply('at last');
          } catch (error) {
            late.resolve(error);
          }
        },
      },
      { abortGraceMs: 10 },
    );
    const request = await ask('think');
    await written.waitFor(1);
    hasFailed.open();
    const message = 'Tess took longer than 0.01 s.';
    expect(bodies()).toEqual([{ type: 'chat.failed', requestId: request.id, code: 'agent_failed', message }]);
    expect(await late.promise).toMatchObject({ code: 'cancelled' });
  });

  it('has what it has written so far taken for its answer', async () => {
    const { ask, written, bodies } = await start({
      timeoutMs: 50,
      onMessage: ({ stream, signal }) =>
        stream(
          (async function* () {
            yield 'half';
            await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
          })(),
        ),
    });
    await ask('think');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'half', metadata: { isStopped: true } }]);
  });
});

describe('an agent that is going down', () => {
  it('returns what it has in hand to the queue, and does not begin what waits behind that', async () => {
    const begun: string[] = [];
    const { ask, handler, written, bus, consumer } = await start({
      async onMessage({ text, signal }) {
        begun.push(text);
        if (begun.length === 1)
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
      },
    });
    const { conversationId } = await ask('first');
    await ask('second', { conversationId });
    await eventually(async () => {
      const depths = await bus.depths();
      expect(depths.find(({ name }) => name === agentQueue('tess'))).toMatchObject({ unacknowledged: 2 });
    });
    handler.abandon();
    const next = collectDeliveries();
    await consumer.close({ timeoutMs: 5000 });
    await bus.consume(agentQueue('tess'), next.handler, { prefetch: 1 });
    await next.waitFor(2);
    expect(next.texts().map((text) => JSON.parse(text).text)).toEqual(['first', 'second']);
    expect(begun).toEqual(['first']);
    expect(written.all).toEqual([]);
  });
});

describe('an agent whose session a person leaves', () => {
  const hint = (isEnding: boolean) => ({
    [HEADERS.session]: encodeSessionHint({
      agentId: AGENT.id,
      agentName: AGENT.name,
      group: AGENT.id,
      isHeld: true,
      isEnding,
    }),
  });

  it('says goodbye by its own words', async () => {
    const { ask, written, bodies } = await start({
      onMessage: () => 'What else?',
      onSessionEnd: ({ user }) => `Goodbye ${user.name}`,
    });
    await ask('END', { headers: hint(true) });
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'Goodbye Ada' }]);
  });

  it('says goodbye by those of the kit where it has none', async () => {
    const { ask, written, bodies } = await start({ onMessage: () => 'What else?' });
    await ask('END', { headers: hint(true) });
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { text: 'You have left the conversation with Tess. Write again whenever you like.' },
    ]);
  });

  it('goes on answering until then', async () => {
    const { ask, written, bodies } = await start({
      onMessage: () => 'What else?',
      onSessionEnd: () => 'Bye',
    });
    await ask('and then', { headers: hint(false) });
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ text: 'What else?' }]);
  });

  it('refuses a message whose session hint is none', async () => {
    const { ask, dead } = await start({ onMessage: () => 'What else?' });
    await ask('END', { headers: { [HEADERS.session]: 'nonsense' } });
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers[HEADERS.deathReason]).toBe('malformed_message');
  });
});

describe('an agent that remembers', () => {
  it('changes memory once when a try of it throws', async () => {
    let tries = 0;
    const { ask, written, bodies } = await start({
      async onMessage({ memory }) {
        const count = await memory.update('count', z.number(), (before = 0) => before + 1);
        tries += 1;
        if (tries === 1) throw new Error('half-way');
        return `count ${count}`;
      },
    });
    await ask('one');
    await written.waitFor(1);
    await ask('two');
    await written.waitFor(2);
    expect(bodies()).toMatchObject([{ text: 'count 1' }, { text: 'count 2' }]);
  });
});

describe('an agent whose queue is away', () => {
  it('keeps its reply until the queue is back', async () => {
    const begun = gate();
    const mayReply = gate();
    const { ask, bus, folder, written, bodies } = await start(
      {
        async onMessage({ reply }) {
          begun.open();
          await mayReply.opened;
          await reply('here it is');
        },
      },
      { publishTimeoutMs: 50 },
    );
    const request = await ask('hello');
    await begun.opened;
    const holder = folder.look();
    holder.exec('BEGIN IMMEDIATE');
    mayReply.open();
    const probe = { messageId: request.id, type: 'probe', timestamp: 1, headers: {}, body: Buffer.from('') };
    await expect(bus.publish(SERVER_INPUT_QUEUE, probe)).rejects.toMatchObject({ code: 'bus_unavailable' });
    holder.exec('ROLLBACK');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'here it is' }]);
  });
});

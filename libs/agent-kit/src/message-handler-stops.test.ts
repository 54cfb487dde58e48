import { describe, expect, it } from '@jest/globals';
import { collectDeliveries, eventually, gate } from '@parley/messaging/test-queue';
import { agentQueue, HEADERS, newId, ParleyError } from '@parley/shared-models';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { replyId, startHandler } from '../testing/handler-fixture.ts';
import { requestEnvelope, requestOf } from '../testing/requests.ts';
import type { MessageContext } from './agent-definition.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

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

  it('does not stop another message', async () => {
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

describe('an answer that was stopped while nobody here could hear it', () => {
  const startRecording = async (more: { listeningSince?: number } = {}) => {
    const begun: string[] = [];
    const onMessage = ({ text }: MessageContext): string => {
      begun.push(text);
      return text;
    };
    const fixture = await start({ onMessage }, more);
    return { ...fixture, begun };
  };

  it('is not begun when it was sent before', async () => {
    const { askAgain, ask, ended, written, begun } = await startRecording({ listeningSince: Date.now() });
    const stopped = requestOf('pay the bill');
    ended.add(stopped.id);
    await askAgain(stopped);
    await ask('hello', { conversationId: stopped.conversationId });
    await written.waitFor(1);
    expect(begun).toEqual(['hello']);
  });

  it('is not begun when it was handed out before', async () => {
    const { handler, ended, written, begun } = await startRecording();
    const stopped = requestOf('pay the bill');
    ended.add(stopped.id);
    const delivery = { envelope: requestEnvelope(stopped), queue: agentQueue('tess') };
    await handler.handle({ ...delivery, redeliveries: 1 });
    expect(begun).toEqual([]);
    await handler.handle({ ...delivery, envelope: requestEnvelope(requestOf('hello')), redeliveries: 1 });
    await written.waitFor(1);
    expect(begun).toEqual(['hello']);
  });
});

describe('an agent that has been away', () => {
  const recording = () => {
    const begun: string[] = [];
    return {
      begun,
      onMessage: ({ text }: MessageContext): string => {
        begun.push(text);
        return text;
      },
    };
  };
  const delivered = (text: string, headers = {}) => ({
    envelope: requestEnvelope(requestOf(text), headers),
    queue: agentQueue('tess'),
    redeliveries: 0,
  });

  it('does not begin a message that was routed again to it and has ended meanwhile', async () => {
    const { begun, onMessage } = recording();
    const { handler, ended } = await start({ onMessage });
    const again = delivered('pay the bill', { [HEADERS.attempt]: 1 });
    ended.add(again.envelope.messageId);
    await handler.handle(again);
    expect(begun).toEqual([]);
  });

  it('waits for a server that is away before it begins a message that may have ended', async () => {
    const { begun, onMessage } = recording();
    const fixture = await start({ onMessage });
    const answers = [
      new ParleyError('unavailable', 'away'),
      new ParleyError('stale_incarnation', 'which one?'),
    ];
    fixture.isWanted = async () => {
      const answer = answers.shift();
      if (answer === undefined) return false;
      throw answer;
    };
    await fixture.handler.handle({ ...delivered('pay the bill'), redeliveries: 1 });
    expect(answers).toEqual([]);
    expect(begun).toEqual([]);
  });

  it('stops messages that have ended meanwhile without a word, and goes on with the others', async () => {
    const goOn = gate();
    const { ask, handler, ended, written, bodies, meter } = await start({
      async onMessage({ text, signal }) {
        await Promise.race([
          goOn.opened,
          new Promise((_, reject) => signal.addEventListener('abort', reject)),
        ]);
        return text;
      },
    });
    const failed = await ask('too late');
    await ask('in time');
    await eventually(() => expect(handler.inHand()).toHaveLength(2));
    ended.add(failed.id);
    await handler.askAgain();
    await eventually(() => expect(handler.inHand()).toHaveLength(1));
    goOn.open();
    await written.waitFor(1);
    await eventually(() => expect(meter.metrics()).toMatchObject({ handled: 1, failed: 1 }));
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'in time' }]);
  });

  it('does not answer a message again that was routed again before its answer was received', async () => {
    const { begun, onMessage } = recording();
    const fixture = await start({ onMessage });
    const request = await fixture.ask('compute');
    await fixture.written.waitFor(1);
    let looks = 0;
    fixture.isWanted = async () => ++looks < 3;
    const envelope = requestEnvelope(request, { [HEADERS.attempt]: 1 });
    await fixture.handler.handle({ envelope, queue: agentQueue('tess'), redeliveries: 0 });
    expect(begun).toEqual(['compute']);
  });
});

describe('an agent that is going down', () => {
  it('returns to the queue the messages that it still asks about', async () => {
    const asked = gate();
    const begun: string[] = [];
    const { askAgain, handler, bus, consumer, dead, ...fixture } = await startAsking(asked, begun);
    const request = requestOf('pay the bill');
    await askAgain(request);
    await asked.opened;
    handler.abandon();
    fixture.answer(true);
    await consumer.close({ timeoutMs: 5000 });
    const next = collectDeliveries();
    await bus.consume(agentQueue('tess'), next.handler, { prefetch: 1 });
    await next.waitFor(1);
    expect(next.all[0]?.envelope.messageId).toBe(request.id);
    expect(begun).toEqual([]);
    expect(dead.all).toEqual([]);
  });

  it('leaves a half answer to the agent that gets the message next, and calls it stopped by nobody', async () => {
    const { ask, handler, written, bus, consumer } = await start({
      onMessage: ({ stream, signal }) =>
        stream(
          (async function* () {
            yield 'Once upon';
            setImmediate(() => handler.abandon());
            await new Promise((_resolve, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason)),
            );
          })(),
        ),
    });
    const { id } = await ask('a story');
    const next = collectDeliveries();
    await eventually(async () => {
      const depths = await bus.depths();
      expect(depths.find(({ name }) => name === agentQueue('tess'))).toMatchObject({ ready: 1 });
    });
    await consumer.close({ timeoutMs: 5000 });
    await bus.consume(agentQueue('tess'), next.handler, { prefetch: 1 });
    await next.waitFor(1);
    expect(next.all[0]?.envelope.messageId).toBe(id);
    expect(written.all).toEqual([]);
  });

  it('returns the messages in hand to the queue, and does not begin those that wait behind them', async () => {
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

/** One that asks about each message, and is answered when the test says so. */
async function startAsking(asked: { open(): void }, begun: string[]) {
  const onMessage = async ({ text, reply }: MessageContext): Promise<void> => {
    begun.push(text);
    await reply(text);
  };
  const fixture = await start({ onMessage, attempts: 1 }, { listeningSince: Date.now() });
  const { promise, resolve: answer } = Promise.withResolvers<boolean>();
  fixture.isWanted = () => {
    asked.open();
    return promise;
  };
  return Object.assign(fixture, { answer });
}

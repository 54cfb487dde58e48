import { describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { LIMITS } from '@parley/shared-models';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { replyId, startHandler } from '../testing/handler-fixture.ts';
import type { MessageContext } from './agent-definition.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());
const note = '*Cut off here: a message holds at most 60,000 characters.*';
const cutOff = { isCutOff: true, limit: '60,000 characters for one message', note };

describe('an answer that is longer than a message may be', () => {
  it.each([
    ['streamed in pieces', ({ stream }: MessageContext) => stream(thousands(84))],
    ['streamed without an end', ({ stream }: MessageContext) => stream(thousands(Number.POSITIVE_INFINITY))],
    ['streamed as one piece', ({ stream }: MessageContext) => stream(['x'.repeat(84_000)] as never)],
    ['replied', ({ reply }: MessageContext) => reply('x'.repeat(1_000_000))],
    ['returned', () => 'x'.repeat(1_000_000)],
  ])('keeps its beginning and is marked: %s', async (_how, onMessage) => {
    const { ask, written, bodies, lines } = await start({
      onMessage: (context) => onMessage(context) as string,
    });
    const request = await ask('a novel');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', id: replyId(request, 0), metadata: cutOff }]);
    expect(bodies()[0]?.text).toBe(`${'x'.repeat(LIMITS.textLength - note.length - 2)}\n\n${note}`);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('60,000') }),
    );
  });

  it('is not cut off inside a character, nor where it just fits', async () => {
    const { ask, written, bodies } = await start({
      onMessage: async ({ reply }) => {
        await reply(`${'x'.repeat(LIMITS.textLength - note.length - 3)}😀${'y'.repeat(100)}`, {
          isPoem: true,
        });
        await reply('y'.repeat(LIMITS.textLength));
      },
    });
    await ask('a novel');
    await written.waitFor(2);
    expect(bodies().map(({ text }) => String(text).length)).toEqual([
      LIMITS.textLength - 1,
      LIMITS.textLength,
    ]);
    expect(bodies().map(({ metadata }) => metadata)).toEqual([{ isPoem: true, ...cutOff }, undefined]);
  });

  it('ends the source, and lets the handler go on with what there is', async () => {
    let isEnded = false;
    const { ask, written, bodies } = await start({
      async onMessage({ stream, reply }) {
        const endless = async function* (): AsyncGenerator<string> {
          try {
            for (;;) yield 'x'.repeat(1000);
          } finally {
            isEnded = true;
          }
        };
        const { length } = await stream(endless());
        await reply(`${length} characters`);
      },
    });
    await ask('a novel');
    await written.waitFor(2);
    expect(bodies()[1]).toMatchObject({ text: '60000 characters' });
    expect(isEnded).toBe(true);
  });
});

async function* thousands(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) yield 'x'.repeat(1000);
}

describe('a source that never waits', () => {
  it('is stopped all the same, and keeps nothing else from its turn', async () => {
    const { ask, handler, written, bodies } = await start({
      onMessage: ({ message, stream }) => {
        setTimeout(() => handler.cancel(message.id), 30);
        return stream(nothingForEver());
      },
    });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'and ', metadata: { isStopped: true } }]);
  });

  it('is ended by the time that a message has', async () => {
    const { ask, written, bodies } = await start({
      timeoutMs: 30,
      onMessage: ({ stream }) => stream(nothingForEver()),
    });
    await ask('go');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([{ type: 'chat.reply', text: 'and ', metadata: { isStopped: true } }]);
  });
});

async function* nothingForEver(): AsyncGenerator<string> {
  yield 'and ';
  for (;;) yield '';
}

describe('a source that says nothing more', () => {
  it('is left when the answer is stopped: the text written before is kept', async () => {
    const { ask, handler, written, bodies } = await start({
      onMessage: ({ message, stream }) =>
        stream(
          (async function* () {
            yield 'Once upon';
            setImmediate(() => handler.cancel(message.id));
            await new Promise(() => {});
          })(),
        ),
    });
    await ask('a story');
    await written.waitFor(1);
    expect(bodies()).toMatchObject([
      { type: 'chat.reply', text: 'Once upon', metadata: { isStopped: true } },
    ]);
  });
});

describe('an agent that does something without end', () => {
  it('gives a thousand replies to one message and no more, also when it pays no heed', async () => {
    const { ask, handler, written } = await start({
      async onMessage({ reply, message, signal }) {
        for (let count = 1; !signal.aborted; count++) {
          if (count === LIMITS.repliesPerMessage + 1) setTimeout(() => handler.cancel(message.id), 30);
          // It goes on as if nothing had happened, without ever waiting.
          await reply(`${count}`).catch(() => {});
        }
      },
    });
    await ask('count');
    await written.waitFor(LIMITS.repliesPerMessage);
    await eventually(() => expect(handler.inHand()).toEqual([]));
    const replies = written.all.filter(({ envelope }) => envelope.type === 'chat.reply');
    expect(replies).toHaveLength(LIMITS.repliesPerMessage);
  });

  it('shows once a second that it is typing, however often it says so', async () => {
    const { ask, written, signals } = await start({
      onMessage({ typing }) {
        for (let count = 0; count < 1000; count++) typing();
        return 'done';
      },
    });
    await ask('go');
    await written.waitFor(1);
    expect(signals.filter(({ type }) => type === 'chat.typing').length).toBeLessThan(10);
  });
});

import { describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import {
  agentQueue,
  deriveId,
  encodeSessionHint,
  HEADERS,
  newId,
  ReplyBody,
  traceparentOf,
} from '@parley/shared-models';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { AGENT, replyId, startHandler } from '../testing/handler-fixture.ts';
import type { MessageContext } from './agent-definition.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());

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

  it('is given the message, and its own identity', async () => {
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

  it('refuses a message whose session hint is not valid', async () => {
    const { ask, dead } = await start({ onMessage: () => 'What else?' });
    await ask('END', { headers: { [HEADERS.session]: 'nonsense' } });
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope.headers[HEADERS.deathReason]).toBe('malformed_message');
  });
});

describe('a malformed request', () => {
  it.each([
    ['a body that is not JSON', 'chat.message', '{"id":'],
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

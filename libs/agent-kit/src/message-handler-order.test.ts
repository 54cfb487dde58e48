import { describe, expect, it } from '@jest/globals';
import { eventually, gate } from '@parley/messaging/test-queue';
import { HEADERS, ParleyError } from '@parley/shared-models';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { replyId, startHandler } from '../testing/handler-fixture.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());

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

  it('is answered under the identity that the process has by then, when it has registered again meanwhile', async () => {
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

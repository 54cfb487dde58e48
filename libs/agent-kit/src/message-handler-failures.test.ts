import { describe, expect, it } from '@jest/globals';
import { gate } from '@parley/messaging/test-queue';
import { agentQueue, deriveId, HEADERS, ParleyError, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { z } from 'zod';
import { endedAfterEach } from '../testing/ended-after-each.ts';
import { replyId, startHandler } from '../testing/handler-fixture.ts';

const start = endedAfterEach(startHandler, (fixture) => fixture.remove());

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
    // Each queue has a consumer of its own: the reply may come later than the dead letter.
    expect(await written.waitFor(1)).toHaveLength(1);
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

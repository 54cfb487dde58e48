import { describe, expect, it } from '@jest/globals';
import type { HostCall } from '@parley/control-plane';
import { eventEnvelope } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import {
  type AgentProfile,
  agentSignalKey,
  newId,
  ParleyError,
  type PublishedEvent,
} from '@parley/shared-models';
import { type AgentStream, onServer, reply, type Said } from '../../../testing/host-fixture.ts';

describe('an agent in any language', () => {
  const around = onServer();
  const { join, hand, workOf, piecesOf, bodies, wrote } = around;

  describe('that answers', () => {
    it('has its name and its id put to what it says, and hears that it is taken', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const given = await stream.next('message');
      expect(given.message).toMatchObject({ message, userId: 'ada', userName: 'Ada', endsSession: false });
      stream.say(work, reply('one', { more: true, metadata: { a: 1 } }));
      stream.say(work, reply('two'));
      expect((await stream.next('over')).over).toEqual({ code: '', message: '', path: '' });
      expect(bodies()).toMatchObject([
        { text: 'one', metadata: { a: 1 }, sender: { kind: 'agent', id: stream.agentId, name: 'Py' } },
        { text: 'two', inReplyTo: message.id },
      ]);
    });

    it.each<[string, Said | object, string]>([
      ['metadata that is too large', reply('x', { metadata: { a: 'x'.repeat(40_000) } }), 'reply.metadata'],
      ['metadata that is no object', reply('x', { metadata: JSON.parse('"a text"') }), 'reply.metadata'],
      ['a reply to something else', reply('x', { inReplyTo: newId() }), 'reply.in_reply_to'],
      ['the end of a command', { commandEnd: {} }, 'command_end'],
      ['output', { output: { data: Buffer.from('x') } }, 'output'],
      ['no code that there is', { failed: { code: 'nonsense', message: 'x' } }, 'failed.code'],
      ['nothing at all', {}, 'frame'],
    ])(
      'is told the field where it gives %s; the person hears of it, and the stream goes on',
      async (_, said, path) => {
        const stream = await join();
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), said);
        const { over } = await stream.next('over');
        expect(over).toMatchObject({ code: 'invalid_request', path });
        await wrote({ type: 'chat.failed', requestId: message.id, code: 'agent_failed' });
        const next = await hand(stream.agentId, 'again');
        stream.say(await workOf(stream, next), reply('fine'));
        await wrote({ text: 'fine' });
      },
    );

    it('shows pieces, whose text is the reply', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const pieces = await piecesOf(message);
      const work = await workOf(stream, message);
      stream.say(work, { piece: 'Hel' });
      stream.say(work, { typing: true });
      stream.say(work, { piece: 'lo ' });
      stream.say(work, reply('you', { metadata: { b: 2 } }));
      await wrote({ type: 'chat.reply', text: 'Hello you', metadata: { b: 2 } });
      await eventually(() => expect(pieces.join('')).toBe('Hello you'));
    });

    it('may end pieces with done', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      stream.say(work, { piece: 'all of it' });
      stream.say(work, { done: {} });
      await wrote({ type: 'chat.reply', text: 'all of it', inReplyTo: message.id });
    });

    it('is cut off at the longest message, whatever it still writes', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      for (let count = 0; count < 300; count++) stream.say(work, { piece: 'x'.repeat(400) });
      stream.say(work, reply('the end'));
      await wrote({ type: 'chat.reply', metadata: expect.objectContaining({ isCutOff: true }) });
      expect((await stream.next('over')).over.code).toBe('');
    });

    it('says nothing with done, and hears that it is taken once it is safe', async () => {
      const stream = await join();
      const { publish } = around.ground.bus;
      const gate = Promise.withResolvers<void>();
      around.ground.bus.publish = async (queue, envelope, options) => {
        if (envelope.type === 'chat.settled') await gate.promise;
        await publish(queue, envelope, options);
      };
      try {
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), { done: {} });
        const later = await hand(stream.agentId, 'later');
        stream.say(await workOf(stream, later), reply('meanwhile'));
        await wrote({ text: 'meanwhile' });
        const overs = (): number => stream.frames.filter(({ over }) => over !== undefined).length;
        await eventually(() => expect(overs()).toBe(1));
        gate.resolve();
        await eventually(() => expect(overs()).toBe(2));
        await wrote({ type: 'chat.settled', requestId: message.id });
      } finally {
        gate.resolve();
        around.ground.bus.publish = publish;
      }
    });

    it('fails for good with a code, and is tried again without one', async () => {
      const stream = await join({ attempts: 2 });
      const broke = await hand(stream.agentId, 'broke');
      stream.say(await workOf(stream, broke), {
        failed: { code: 'agent_failed', message: 'No money left.' },
      });
      await wrote({ type: 'chat.failed', requestId: broke.id, message: 'No money left.' });
      const clumsy = await hand(stream.agentId, 'clumsy');
      stream.say(await workOf(stream, clumsy), { failed: { message: 'stumbled' } });
      stream.say(await workOf(stream, clumsy, 2), reply('there it is'));
      await wrote({ type: 'chat.reply', text: 'there it is', inReplyTo: clumsy.id });
    });

    it('hears that an answer is stopped, and the text shown so far is the reply', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const pieces = await piecesOf(message);
      stream.say(work, { piece: 'so far' });
      await eventually(() => expect(pieces).toEqual(['so far']));
      const cancel = Buffer.from(JSON.stringify({ messageId: message.id }));
      around.ground.bus.signal({ type: 'chat.cancel', key: agentSignalKey(stream.agentId), body: cancel });
      expect((await stream.next('over')).over).toMatchObject({ code: 'cancelled' });
      await wrote({ text: 'so far', metadata: expect.objectContaining({ isStopped: true }) });
      stream.say(work, { piece: 'too late' });
      stream.say(work, { call: { number: 1, readMemory: { key: 'a' } } });
      expect((await stream.next('answer')).answer).toMatchObject({ number: 1, errorCode: 'cancelled' });
    });

    it('hears that its time is over', async () => {
      const stream = await join({ profile: { timeoutMs: 50 } });
      const message = await hand(stream.agentId, 'hello');
      expect((await stream.next('over')).over).toMatchObject({ code: 'agent_timeout' });
      await wrote({ type: 'chat.failed', requestId: message.id });
    });

    it('may say a great deal at once, of many works', async () => {
      const stream = await join({ profile: { concurrency: 20 } });
      const messages = await Promise.all(Array.from({ length: 20 }, () => hand(stream.agentId, 'hello')));
      const works = await Promise.all(messages.map((message) => workOf(stream, message)));
      for (let count = 0; count < 200; count++) for (const work of works) stream.say(work, { piece: '.' });
      for (const work of works) stream.say(work, reply('!'));
      await eventually(() => expect(bodies()).toHaveLength(20));
      expect(new Set(bodies().map((body) => (body as { text?: string }).text))).toEqual(
        new Set([`${'.'.repeat(200)}!`]),
      );
    });
  });

  describe('that calls', () => {
    const asked = async (
      stream: AgentStream,
      work: number,
      number: number,
      call: Omit<HostCall, 'number'>,
    ) => {
      stream.say(work, { call: { number, ...call } });
      return (await stream.next('answer', ({ answer }) => answer?.number === number)).answer;
    };
    const key = { key: 'likes', isShared: false };

    it('remembers, and is told of a version that has changed', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      expect((await asked(stream, work, 1, { readMemory: key })).entry).toMatchObject({
        value: '',
        version: 0,
      });
      const write = { ...key, value: '["tea"]', expectedVersion: 0 };
      expect((await asked(stream, work, 2, { writeMemory: write })).entry).toMatchObject({ version: 1 });
      expect((await asked(stream, work, 3, { readMemory: key })).entry).toMatchObject({ value: '["tea"]' });
      expect(await asked(stream, work, 4, { writeMemory: write })).toMatchObject({
        errorCode: 'id_conflict',
      });
      expect((await asked(stream, work, 5, { readMemory: { ...key, isShared: true } })).entry?.version).toBe(
        0,
      );
      await asked(stream, work, 6, { forgetMemory: key });
      expect((await asked(stream, work, 7, { readMemory: key })).entry).toMatchObject({
        value: '',
        version: 2,
      });
      // The message names the person that the memory is about.
      const others = { readMemory: { ...key, userId: 'eve' } };
      expect(await asked(stream, work, 8, others)).toMatchObject({ errorCode: 'invalid_request' });
    });

    it('is told what is wrong with a call, and may go on', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      const publish = { channel: 'human', type: 'note', payload: '{' } as const;
      expect(await asked(stream, work, 1, { publish })).toMatchObject({
        errorCode: 'invalid_request',
        errorMessage: expect.stringContaining('payload'),
      });
      expect(await asked(stream, work, 2, {})).toMatchObject({ errorCode: 'invalid_request' });
      expect(await asked(stream, work, 3, { begin: {} })).toMatchObject({ errorCode: 'invalid_request' });
      expect(await asked(stream, work, 4, { ask: { text: 'hello' } })).toMatchObject({
        errorCode: 'agent_failed',
      });
      stream.say(work, reply('fine'));
      await wrote({ text: 'fine' });
    });

    it('is answered a call that cannot be read, and goes on', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      expect(await asked(stream, work, 7, { readMemory: { ...key, key: '' } })).toMatchObject({
        errorCode: 'invalid_request',
        errorMessage: expect.stringContaining('call.read_memory.key'),
      });
      stream.say(work, reply('fine'));
      await wrote({ text: 'fine' });
    });

    it('has what it still waits for cancelled with its answer: nothing keeps its next stream waiting', async () => {
      const stream = await join({ instanceId: 'one' });
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const publishEvent = around.ground.bus.publishEvent;
      around.ground.bus.publishEvent = () =>
        Promise.reject(new ParleyError('bus_unavailable', 'It is away.'));
      try {
        const publish = { channel: 'human', type: 'note', payload: '1' } as const;
        stream.say(work, { call: { number: 1, publish } });
        stream.say(work, reply('done'));
        expect((await stream.next('answer')).answer.errorCode).not.toBe('');
        stream.cut();
        await join({ instanceId: 'one' });
      } finally {
        around.ground.bus.publishEvent = publishEvent;
      }
    });

    it('is refused more calls than may be under way', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      for (let number = 1; number <= 300; number++) stream.say(work, { call: { number, readMemory: key } });
      await eventually(() =>
        expect(stream.frames.filter(({ answer }) => answer !== undefined)).toHaveLength(300),
      );
      const refused = stream.frames.filter(({ answer }) => answer?.errorCode === 'rate_limited');
      // How many, depends on how fast they are answered.
      expect(refused.length).toBeLessThanOrEqual(300 - 256);
    });
  });

  describe('that subscribes', () => {
    const subscriptions: AgentProfile['subscriptions'] = [{ channel: 'human', types: ['order'] }];
    const event: PublishedEvent = {
      id: newId(),
      type: 'order',
      payload: { number: 7 },
      source: { kind: 'user', id: 'ada', name: 'Ada' },
      at: new Date().toISOString(),
    };

    it('handles an event, remembers about a person, and says something in a conversation', async () => {
      const stream = await join({ profile: { subscriptions } });
      await around.ground.bus.publishEvent('human', 'order', eventEnvelope('human', event));
      const given = await stream.next('event');
      expect(given.event).toMatchObject({ channel: 'human', event });
      const about = { key: 'orders', isShared: false, userId: 'ada' };
      const write = { writeMemory: { ...about, value: '1', expectedVersion: undefined } };
      stream.say(given.work, { call: { number: 1, ...write } });
      expect((await stream.next('answer')).answer.entry).toMatchObject({ value: '1', version: 1 });
      const inReplyTo = newId();
      stream.say(given.work, reply('It is on its way.', { inReplyTo }));
      await wrote({ type: 'chat.reply', text: 'It is on its way.', inReplyTo });
      expect((await stream.next('over')).over.code).toBe('');
    });

    it('fails for good with a code, and is not handed out again', async () => {
      const stream = await join({ profile: { subscriptions } });
      const lost = { ...event, id: newId() };
      await around.ground.bus.publishEvent('human', 'order', eventEnvelope('human', lost));
      const failed = { code: 'agent_failed' as const, message: 'There is no such order.' };
      stream.say((await stream.next('event')).work, { failed });
      await eventually(async () =>
        expect(await around.ground.store.listDeadLetters({ limit: 10 })).toContainEqual(
          expect.objectContaining({ messageId: lost.id, message: 'There is no such order.' }),
        ),
      );
      expect(stream.frames.filter((frame) => frame.event !== undefined)).toHaveLength(1);
    });

    it('is told that a reply needs its message', async () => {
      const stream = await join({ attempts: 1, profile: { subscriptions } });
      await around.ground.bus.publishEvent(
        'human',
        'order',
        eventEnvelope('human', { ...event, id: newId() }),
      );
      stream.say((await stream.next('event')).work, reply('to whom?'));
      expect((await stream.next('over')).over).toMatchObject({ path: 'reply.in_reply_to' });
    });
  });
});

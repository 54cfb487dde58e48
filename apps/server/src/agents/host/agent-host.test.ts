import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import {
  type AgentFrame,
  boundToken,
  type CallContext,
  type Push,
  type ServerFrame,
} from '@parley/control-plane';
import { eventually } from '@parley/messaging/test-queue';
import { AgentProfile, newId } from '@parley/shared-models';
import { helloOf, JOIN_TOKEN, onServer, reply } from '../../../testing/host-fixture.ts';
import { silent } from '../../../testing/server-fixture.ts';
import { type AgentHostOptions, createAgentHost } from './agent-host.ts';

/** Answers of a server to an agent, and a command for it. */
const SERVER_SAYS = {
  registerAgent: { agentId: 'echo', incarnation: 1, heartbeatMs: 2000, state: 'online' },
  heartbeat: { state: 'online' },
  receiveCommands: {
    commandId: newId(),
    type: 'shell',
    content: 'sleep 300',
    timeoutMs: 60_000,
    isCancellation: false,
  },
} as const;

/** The frames of a silent agent. */
const silence = (signal: AbortSignal): AsyncIterable<AgentFrame> => ({
  [Symbol.asyncIterator]: () => ({
    async next() {
      if (!signal.aborted) await once(signal, 'abort');
      return { done: true, value: undefined };
    },
  }),
});

describe('an agent in any language', () => {
  const around = onServer();
  const { connect, open, join, hand, workOf, wrote, bodies } = around;

  describe('that joins', () => {
    it.each<[string, Partial<AgentFrame>, string]>([
      ['says first who it is', { typing: true }, 'hello'],
      ['has a name', { hello: helloOf({ profile: { name: '' } }) }, 'hello.profile.name'],
      ['has a valid group', { hello: helloOf({ profile: { group: 'Not One' } }) }, 'hello.profile.group'],
      ['does not try for ever', { hello: helloOf({ attempts: 101 }) }, 'hello.attempts'],
    ])('%s, or is told the field', async (_, first, path) => {
      expect(await open(first).ended).toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining(path),
      });
    });

    it('is in a group of its name, and on the list', async () => {
      const { agentId } = await join({ profile: { name: 'Help Desk', host: 'a.machine' } });
      expect(agentId).toBe('help-desk');
      expect(await connect().getAgentStatus({ agentId })).toMatchObject({
        agentName: 'Help Desk',
        group: 'help-desk',
        state: 'online',
      });
    });

    it('is told that its id belongs to another group', async () => {
      await join({ agentId: 'taken', profile: { group: 'one' } });
      const stream = open({
        hello: helloOf({ agentId: 'taken', isExclusive: true, profile: { group: 'two' } }),
      });
      expect(await stream.ended).toMatchObject({ code: 'id_taken' });
    });

    it('is told that nobody signs in here, where it wants that', async () => {
      expect(await open({ hello: helloOf({ needsSignIn: true }) }).ended).toMatchObject({
        code: 'forbidden',
      });
    });

    it('stops for good when another process takes its id', async () => {
      const first = await join({ agentId: 'py', instanceId: 'one' });
      await join({ agentId: 'py', isExclusive: true, instanceId: 'two' });
      expect(await first.ended).toMatchObject({ code: 'stale_incarnation' });
      // Nor does it get it back.
      const again = open({ hello: helloOf({ agentId: 'py', isExclusive: true, instanceId: 'one' }) });
      expect(await again.ended).toMatchObject({ code: 'stale_incarnation' });
    });

    it('is let in by a join token for it, and for no other', async () => {
      const token = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' });
      const { welcome } = await open({ hello: helloOf({}) }, token).next('welcome');
      expect(welcome.agentId).toBe('py');
      const forbidden = { code: 'forbidden' };
      const others = [{ agentId: 'other' }, { profile: { group: 'other' } }];
      for (const hello of others)
        expect(await open({ hello: helloOf(hello) }, token).ended).toMatchObject(forbidden);
      const over = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' }, { expiresAt: 1 });
      expect(await open({ hello: helloOf({}) }, over).ended).toMatchObject({ code: 'unauthenticated' });
    });

    it('ends when its join token does', async () => {
      const expiresAt = Math.floor(Date.now() / 1000) + 2;
      const token = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' }, { expiresAt });
      const stream = open({ hello: helloOf({}) }, token);
      await stream.next('welcome');
      expect(await stream.ended).toMatchObject({ code: 'unauthenticated' });
    });

    it('is told that there are as many as may be', async () => {
      const host = createAgentHost({
        bus: around.ground.bus,
        handlers: { registerAgent: () => new Promise(() => {}) } as unknown as AgentHostOptions['handlers'],
        peopleSignIn: false,
        logger: silent,
        maxStreams: 1,
      });
      const gone = new AbortController();
      const context: CallContext = { peer: '127.0.0.1:1', isBroker: false, hold() {}, signal: gone.signal };
      const push = { send: () => true, end() {}, isBehind: false, caughtUp: async () => {} };
      const hello = helloOf({ profile: AgentProfile.parse({ name: 'Py', group: 'py' }) });
      const openOne = () => host.work({ work: 0, hello }, silence(gone.signal), push, context);
      const first = openOne();
      await expect(openOne()).rejects.toMatchObject({ code: 'too_many_members' });
      gone.abort();
      await first;
    });

    it('does not have its commands ended when it is gone: nobody knows how they ended', async () => {
      const told: string[] = [];
      const { registerAgent, heartbeat, receiveCommands } = SERVER_SAYS;
      const host = createAgentHost({
        bus: around.ground.bus,
        handlers: {
          registerAgent: async () => registerAgent,
          heartbeat: async () => heartbeat,
          unregisterAgent: async () => {},
          receiveCommands(_: unknown, stream: Push<unknown>) {
            stream.send(receiveCommands);
            return () => {};
          },
          sendCommandState: async () => void told.push('state'),
          sendCommandOutput: async () => void told.push('output'),
          sendCommandResult: async () => void told.push('result'),
        } as unknown as AgentHostOptions['handlers'],
        peopleSignIn: false,
        logger: silent,
      });
      const gone = new AbortController();
      const handed = Promise.withResolvers<void>();
      const context: CallContext = { peer: '127.0.0.1:1', isBroker: false, hold() {}, signal: gone.signal };
      const push = {
        send(frame: ServerFrame) {
          if (frame.command !== undefined) handed.resolve();
          return true;
        },
        end() {},
        isBehind: false,
        caughtUp: async () => {},
      };
      const capabilities = ['executes-commands'];
      const profile = AgentProfile.parse({ name: 'Echo', group: 'echo', capabilities });
      await around.ground.bus.declareAgentQueue('echo');
      const working = host.work(
        { work: 0, hello: helloOf({ profile }) },
        silence(gone.signal),
        push,
        context,
      );
      await handed.promise;
      gone.abort();
      await working;
      expect(told).toEqual([]);
    });

    it('may be one of several in a process', async () => {
      const [one, two] = [
        await join({ instanceId: 'one', profile: { name: 'One' } }),
        await join({ instanceId: 'one', profile: { name: 'Two' } }),
      ];
      for (const stream of [one, two]) {
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), reply('here'));
        await wrote({ text: 'here', inReplyTo: message.id });
      }
    });

    it('keeps its id, and gets again what it has in hand, on another stream of the same process', async () => {
      const before = await join({ instanceId: 'one' });
      const message = await hand(before.agentId, 'hello');
      const stale = await workOf(before, message);
      const after = await join({ instanceId: 'one' });
      expect(await before.ended).toMatchObject({ code: 'unavailable' });
      expect(after.agentId).toBe(before.agentId);
      const work = await workOf(after, message);
      expect(work).toBeGreaterThan(stale);
      // A frame about the work before is not taken for an answer to another one.
      after.say(stale, reply('late'));
      after.say(work, reply('in time'));
      await wrote({ type: 'chat.reply', text: 'in time', inReplyTo: message.id });
      expect(bodies()).not.toContainEqual(expect.objectContaining({ text: 'late' }));
    });
  });

  describe('that leaves', () => {
    const offline = (agentId: string) =>
      eventually(async () =>
        expect(await connect().getAgentStatus({ agentId })).toMatchObject({ state: 'offline' }),
      );

    it('answers what it has in hand, gets nothing new, and is gone', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      stream.say(0, { leave: {} });
      await eventually(async () =>
        expect(await connect().getAgentStatus({ agentId: stream.agentId })).toMatchObject({
          state: 'draining',
        }),
      );
      const later = await hand(stream.agentId, 'later');
      stream.say(work, reply('done'));
      expect(await stream.ended).toBeUndefined();
      await wrote({ text: 'done' });
      await offline(stream.agentId);
      expect(stream.frames.some(({ message }) => message?.message.id === later.id)).toBe(false);
      const next = await join();
      await workOf(next, later);
    });

    it('has what it does not answer in time put back', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      await workOf(stream, message);
      stream.say(0, { leave: { timeoutMs: 1 } });
      expect(await stream.ended).toBeUndefined();
      expect((await stream.next('over')).over).toMatchObject({ code: 'unavailable' });
      await workOf(await join(), message);
    });

    it('has what it has in hand put back when it says nothing more, and when it dies', async () => {
      const mute = await join();
      const message = await hand(mute.agentId, 'hello');
      await workOf(mute, message);
      mute.end();
      expect(await mute.ended).toBeUndefined();
      const dying = await join();
      await workOf(dying, message);
      dying.cut();
      await offline(dying.agentId);
      const last = await join();
      last.say(await workOf(last, message), reply('at last'));
      await wrote({ text: 'at last', inReplyTo: message.id });
    });

    it('does not keep the server, however long it wants to take', async () => {
      const stream = await join();
      await workOf(stream, await hand(stream.agentId, 'hello'));
      stream.say(0, { leave: { timeoutMs: 3_600_000 } });
      await eventually(async () =>
        expect(await connect().getAgentStatus({ agentId: stream.agentId })).toMatchObject({
          state: 'draining',
        }),
      );
      await around.server.drain(1);
      expect(await stream.ended).toBeUndefined();
    });

    it('goes elsewhere when the server goes down, once it has answered', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      const draining = around.server.drain(20_000);
      await eventually(() => expect(stream.frames.length).toBeGreaterThan(1));
      stream.say(work, reply('just in time'));
      await draining;
      expect(await stream.ended).toMatchObject({ code: 'unavailable' });
      await wrote({ text: 'just in time' });
      expect(await open({ hello: helloOf({}) }).ended).toMatchObject({ code: 'unavailable' });
    });
  });
});

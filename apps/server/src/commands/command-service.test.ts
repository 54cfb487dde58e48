import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type CommandRecord, type CommandState, newId, type User } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../testing/server-fixture.ts';
import { type StubProcess, startStubProcess } from '../testing/stub-process.ts';
import { createTestReader } from '../testing/test-reader.ts';
import { LOCAL_USER } from '../users/local-user.ts';

const ada: User = { id: 'ada', name: 'Ada', roles: ['operator'] };
const eve: User = { id: 'eve', name: 'Eve', roles: ['operator'] };
const by = (user: User) => ({ user, remoteAddress: '192.0.2.7' });

describe('commands', () => {
  const made: ServicesFixture[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((fixture) => fixture.remove()));
  });

  async function start(settings: Record<string, string> = {}): Promise<ServicesFixture> {
    // The stubs send no heartbeats; those whose stream is cut are gone a second later all the same.
    const fixture = await makeServices({ HEARTBEAT_MS: '600000', ...settings });
    made.push(fixture);
    fixture.services.commandService.start();
    return fixture;
  }

  const run = async (
    { services }: ServicesFixture,
    fields: Partial<Parameters<typeof services.commandService.operators.run>[0]> = {},
    user = ada,
  ): Promise<CommandRecord> => {
    const request = { id: newId(), agentId: 'shell', command: 'ls -l', ...fields };
    const [command] = (await services.commandService.operators.run(request, by(user))).commands;
    if (command === undefined) throw new Error('no command');
    return command;
  };
  const stateOf = async ({ services }: ServicesFixture, id: string): Promise<CommandRecord> =>
    services.commandService.operators.require(id);
  const becomes = async (
    fixture: ServicesFixture,
    id: string,
    state: CommandState,
  ): Promise<CommandRecord> => {
    let record: CommandRecord | undefined;
    await eventually(async () => {
      record = await stateOf(fixture, id);
      if (record.state !== state)
        throw new Error(`${record.state}, not ${state}: ${record.errorMessage ?? ''}`);
    });
    return record as CommandRecord;
  };
  const auditOf = async ({ store }: ServicesFixture, subjectId: string) =>
    (await store.audit.list({ subjectId, limit: 50 })).entries
      .toReversed()
      .map(({ action, result, actor }) => `${action} ${result} by ${actor.kind} ${actor.id}`);

  describe('that run', () => {
    it('go to the agent, print for who follows, and end with their result', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const reader = createTestReader();
      const { hub } = fixture.services.commandService;
      hub.attach(reader);
      const { id } = await run(fixture, { cwd: '/tmp', timeoutMs: 5000 });
      hub.follow(reader, id, 0);
      expect(await agent.next(id)).toEqual({
        commandId: id,
        type: 'shell',
        content: 'ls -l',
        timeoutMs: 5000,
        isCancellation: false,
        cwd: '/tmp',
        requestedBy: 'Ada',
        outputLimitBytes: 16 * 1024 * 1024,
        outputSeq: 0,
      });
      await agent.runs(id);
      await agent.prints(id, 1, 'one\n');
      await agent.prints(id, 2, 'oops\n', 'stderr');
      await agent.ends(id, { exitCode: 3, success: false });
      await eventually(() => {
        if (!reader.frames.some((frame) => frame.type === 'command.status' && frame.state === 'failed'))
          throw new Error('not told');
      });
      const told = reader.frames.map((frame) =>
        frame.type === 'command.status'
          ? frame.state
          : frame.type === 'command.output'
            ? frame.data
            : frame.type,
      );
      expect(told).toEqual(['queued', 'sent', 'running', 'one\n', 'oops\n', 'failed']);
      expect(await stateOf(fixture, id)).toMatchObject({ state: 'failed', exitCode: 3, outputSeq: 2 });
      expect(await auditOf(fixture, id)).toEqual([
        'command.run queued by user ada',
        'command.ended failed by agent shell',
      ]);
    });

    it('run once and are answered alike when they are sent again', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const id = newId();
      const first = await run(fixture, { id });
      await agent.next(id);
      const again = await run(fixture, { id });
      expect(again.id).toBe(first.id);
      await expect(run(fixture, { id, command: 'rm x' })).rejects.toMatchObject({ code: 'id_conflict' });
      await agent.ends(id);
      expect((await run(fixture, { id })).state).toBe('succeeded');
      expect(agent.received.filter(({ commandId }) => commandId === id)).toHaveLength(1);
    });

    it('are one for each agent when several are named, all of one batch', async () => {
      const fixture = await start();
      const agents = [await startStubProcess(fixture, 'one'), await startStubProcess(fixture, 'two')];
      const { operators } = fixture.services.commandService;
      const id = newId();
      const request = { id, agentIds: ['one', 'two', 'one'], command: 'uptime' };
      const started = await operators.run(request, by(ada));
      expect(started.batchId).toBe(id);
      expect(started.commands.map(({ agentId, batchId }) => [agentId, batchId])).toEqual([
        ['one', id],
        ['two', id],
      ]);
      for (const [index, agent] of agents.entries()) await agent.next(started.commands[index]?.id ?? '');
      const again = await operators.run(request, by(ada));
      expect(again.commands.map((command) => command.id)).toEqual(
        started.commands.map((command) => command.id),
      );
      const unknown = operators.run({ ...request, id: newId(), agentIds: ['one', 'three'] }, by(ada));
      await expect(unknown).rejects.toMatchObject({ code: 'unknown_agent' });
      expect((await fixture.store.commands.list({ limit: 10 })).commands).toHaveLength(2);
    });

    it('are shown from the beginning to who comes later, in order', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      for (let seq = 1; seq <= 5; seq++) await agent.prints(id, seq, `${seq}`);
      const reader = createTestReader();
      fixture.services.commandService.hub.follow(reader, id, 2);
      await agent.prints(id, 6, '6');
      await eventually(() => expect(reader.frames).toHaveLength(4));
      expect(reader.frames.map((frame) => (frame.type === 'command.output' ? frame.data : ''))).toEqual([
        '3',
        '4',
        '5',
        '6',
      ]);
    });

    it('keep a bounded part of what a flood prints', async () => {
      const fixture = await start({ COMMAND_OUTPUT_BYTES: '100000' });
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      const data = 'x'.repeat(60_000);
      for (let seq = 1; seq <= 200; seq++) await agent.prints(id, seq, data);
      await agent.ends(id);
      expect(await stateOf(fixture, id)).toMatchObject({
        truncated: true,
        outputSeq: 200,
        state: 'succeeded',
      });
      const page = await fixture.store.commands.listOutput(id, { afterSeq: 0, limitBytes: 10_000_000 });
      expect(page.pieces).toHaveLength(1);
    });

    it('say which piece is missing', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await expect(agent.prints(id, 2, 'x')).rejects.toMatchObject({ details: { expectedSeq: 1 } });
      await expect(agent.prints(newId(), 1, 'x')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('stop when they are cancelled, and remember who wanted it', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { operators } = fixture.services.commandService;
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.runs(id);
      expect(await operators.cancel(id, by(eve))).toMatchObject({
        state: 'running',
        cancelledBy: { id: 'eve' },
      });
      await agent.next(id, { isCancellation: true });
      await agent.ends(id, { success: false, isCancelled: true });
      expect(await operators.cancel(id, by(eve))).toMatchObject({ state: 'cancelled' });
      await expect(operators.cancel(newId(), by(eve))).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  describe('that wait', () => {
    it('stay queued while their agent is paused, go in order when it is resumed, and can be cancelled', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      await fixture.services.agents.want('shell', 'paused');
      const commands = [await run(fixture), await run(fixture), await run(fixture)];
      const cancelled = await fixture.services.commandService.operators.cancel(
        commands[1]?.id ?? '',
        by(ada),
      );
      expect(cancelled.state).toBe('cancelled');
      const status = await run(fixture, { commandType: 'status', command: '' });
      expect(await agent.next(status.id)).toMatchObject({ type: 'status' });
      expect(agent.received).toHaveLength(1);
      await fixture.services.agents.want('shell', 'online');
      await agent.next(commands[2]?.id ?? '');
      expect(agent.received.map(({ commandId }) => commandId)).toEqual([
        status.id,
        commands[0]?.id,
        commands[2]?.id,
      ]);
    });

    it('fail with a reason when their agent does not come', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      await agent.leave();
      const { id } = await run(fixture, { timeoutMs: 100 });
      const failed = await becomes(fixture, id, 'failed');
      expect(failed.errorMessage).toContain('was offline');
      expect((await auditOf(fixture, id)).at(-1)).toBe('command.ended failed by server parley');
    });

    it('reach an agent that comes in time', async () => {
      const fixture = await start();
      const first = await startStubProcess(fixture, 'shell');
      await first.leave();
      const { id } = await run(fixture);
      const second = await startStubProcess(fixture, 'shell');
      await second.next(id);
      expect(first.received).toEqual([]);
    });
  });

  describe('that need an approval', () => {
    const awaiting = async (fixture: ServicesFixture, user = ada): Promise<[StubProcess, string]> => {
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture, {}, user);
      await agent.next(id);
      await agent.awaits(id, 'restarts');
      return [agent, id];
    };

    it('come again with the name of who approved them, never the one who asked', async () => {
      const fixture = await start();
      const { operators } = fixture.services.commandService;
      const [agent, id] = await awaiting(fixture);
      expect(await stateOf(fixture, id)).toMatchObject({ state: 'awaiting_approval', rule: 'restarts' });
      await expect(operators.approve(id, by(ada))).rejects.toMatchObject({ code: 'forbidden' });
      expect(await operators.approve(id, by(eve))).toMatchObject({
        state: 'sent',
        approvedBy: { id: 'eve' },
      });
      expect(await agent.next(id, { times: 2 })).toMatchObject({ approvedBy: 'Eve' });
      await expect(operators.approve(id, by(eve))).rejects.toMatchObject({ code: 'id_conflict' });
      await agent.ends(id);
      expect(await auditOf(fixture, id)).toEqual([
        'command.run queued by user ada',
        'command.approved sent by user eve',
        'command.ended succeeded by agent shell',
      ]);
    });

    it('are refused when they are rejected, and forgotten by the agent', async () => {
      const fixture = await start();
      const { operators } = fixture.services.commandService;
      const [agent, id] = await awaiting(fixture);
      const rejected = await operators.reject(id, 'not now', by(eve));
      expect(rejected).toMatchObject({ state: 'refused', errorMessage: 'Eve rejected it: not now' });
      await agent.next(id, { isCancellation: true });
    });

    it('may be approved by the one person who is there without sign-in, which the record says', async () => {
      const fixture = await start();
      const [, id] = await awaiting(fixture, LOCAL_USER);
      const approved = await fixture.services.commandService.operators.approve(id, by(LOCAL_USER));
      expect(approved.approvedBy).toEqual({ id: 'local', name: 'You', isRequester: true });
    });

    it('need a second person where people sign in, whatever their id', async () => {
      const fixture = await start({ AUTH_SECRET: 'a secret of more than thirty-two characters' });
      const [, id] = await awaiting(fixture, LOCAL_USER);
      const { operators } = fixture.services.commandService;
      await expect(operators.approve(id, by(LOCAL_USER))).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('are refused when nobody approves them in time', async () => {
      const fixture = await start({ COMMAND_APPROVAL_TTL_MS: '100' });
      const [, id] = await awaiting(fixture);
      expect((await becomes(fixture, id, 'refused')).errorMessage).toContain('Nobody approved');
    });
  });

  describe('that another server has changed, whose signal was lost', () => {
    /** What the agent has got of a command, when whatever was on the way has come. */
    const allOf = async (fixture: ServicesFixture, agent: StubProcess, id: string) => {
      fixture.services.commandService.kick(agent.agentId);
      await agent.next((await run(fixture)).id);
      return agent.received.filter(({ commandId }) => commandId === id);
    };

    it('are stopped all the same when they were cancelled, once', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.runs(id);
      await fixture.store.commands.apply(id, { do: 'cancel', by: eve });
      await agent.next(id, { isCancellation: true });
      expect(await allOf(fixture, agent, id)).toMatchObject([
        { isCancellation: false },
        { isCancellation: true },
      ]);
    });

    it('go on all the same when they were approved, once', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.awaits(id, 'restarts');
      await fixture.store.commands.apply(id, { do: 'approve', by: eve, isRequester: false });
      await agent.next(id, { times: 2 });
      const received = await allOf(fixture, agent, id);
      expect(received.map(({ approvedBy }) => approvedBy)).toEqual([undefined, 'Eve']);
    });
  });

  describe('whose process', () => {
    it('has lost its stream come again to it, with how much of the output has arrived, and to no other', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.runs(id);
      await agent.prints(id, 1, 'one');
      agent.cut();
      await fixture.services.commandService.operators.cancel(id, by(ada));
      await agent.open();
      expect(await agent.next(id, { times: 2 })).toMatchObject({ outputSeq: 1 });
      await agent.next(id, { isCancellation: true });
      expect((await stateOf(fixture, id)).state).toBe('running');
    });

    it('has lost its stream hears first that they were cancelled: what it never got must not begin', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      agent.cut();
      await fixture.services.commandService.operators.cancel(id, by(ada));
      await agent.open();
      await agent.next(id, { times: 2 });
      expect(agent.received.map(({ isCancellation }) => isCancellation)).toEqual([false, true, false]);
    });

    it('is replaced are lost, and not run again', async () => {
      const fixture = await start();
      const first = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await first.next(id);
      const second = await startStubProcess(fixture, 'shell');
      const lost = await becomes(fixture, id, 'lost');
      expect(lost.errorMessage).toContain('Another process');
      expect(second.received).toEqual([]);
      await first.ends(id);
      expect((await stateOf(fixture, id)).state).toBe('lost');
      await expect(second.ends(id)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('leaves are lost at once', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.leave();
      expect((await stateOf(fixture, id)).state).toBe('lost');
    });

    it('is not heard of any more are lost; should it come back, it is told to stop them', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      await agent.runs(id);
      agent.cut();
      await becomes(fixture, id, 'lost');
      await agent.open();
      await agent.next(id, { isCancellation: true });
      await agent.prints(id, 1, 'late');
      await agent.ends(id);
      expect(await stateOf(fixture, id)).toMatchObject({ state: 'lost', outputSeq: 0 });
    });

    it('is known again after a restart of the server by its incarnation alone', async () => {
      const fixture = await start();
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture);
      await agent.next(id);
      const { agents, commandService } = fixture.services;
      const incarnation = agents.get('shell')?.incarnation ?? 0;
      // As the next server finds it: read from the store.
      await agents.load();
      expect(agents.get('shell')?.instanceId).toBe('');
      expect(await commandService.processes.instanceOf('shell', incarnation)).toBe(agent.instanceId);
      await agent.open();
      await agent.next(id, { times: 2 });
      await agent.ends(id);
      expect((await stateOf(fixture, id)).state).toBe('succeeded');
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { newId } from '@parley/shared-models';
import { ada, auditOf, becomes, by, eve, run, start, stateOf } from '../../testing/command-fixture.ts';
import { startStubProcess } from '../../testing/stub-process.ts';
import { createTestReader } from '../../testing/test-reader.ts';

describe('commands', () => {
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
});

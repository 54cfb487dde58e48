import { describe, expect, it } from '@jest/globals';
import { ada, becomes, by, eve, run, start, stateOf } from '../../testing/command-fixture.ts';
import type { ServicesFixture } from '../../testing/server-fixture.ts';
import { type StubProcess, startStubProcess } from '../../testing/stub-process.ts';

describe('commands', () => {
  describe('that another server has changed, whose signal was lost', () => {
    /** The frames of a command that the agent has got, once all that were on the way have come. */
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

    it('has lost its stream hears first that they were cancelled: commands that it never got must not begin', async () => {
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

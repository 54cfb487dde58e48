import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { startCommandFixture, untilStopped } from '../../testing/command-fixture.ts';
import { endedAfterEach } from '../../testing/ended-after-each.ts';

const start = endedAfterEach(startCommandFixture, (fixture) => fixture.stop());

describe('stopping a command', () => {
  it('cancels it', async () => {
    const agent = await start({
      async onCommand(context) {
        await context.begin();
        await untilStopped(context);
        return { signal: 'SIGTERM' };
      },
    });
    const { commandId } = await agent.send();
    await agent.state(commandId, 'running');
    await agent.cancel(commandId);
    expect(await agent.result(commandId)).toMatchObject({
      isCancelled: true,
      signal: 'SIGTERM',
      success: false,
    });
  });

  it("ends it when its time is over, the operator's or a shorter one of the agent", async () => {
    const agent = await start({
      async onCommand(context) {
        await context.begin(context.command.line === 'own' ? { timeoutMs: 20 } : {});
        await untilStopped(context);
      },
    });
    const one = await agent.send({ timeoutMs: 20 });
    const other = await agent.send({ content: 'own', timeoutMs: 60_000 });
    for (const { commandId } of [one, other]) {
      expect(await agent.result(commandId)).toMatchObject({
        isTimedOut: true,
        success: false,
        errorMessage: 'It took longer than 0.02 s.',
      });
    }
  });

  it('ends one whose time is over before it has said that it runs', async () => {
    const agent = await start({ onCommand: untilStopped });
    const { commandId } = await agent.send({ timeoutMs: 20 });
    expect(await agent.result(commandId)).toMatchObject({ isTimedOut: true, success: false });
    expect(agent.states).toEqual([]);
  });

  it('does not count the time that one waits for its turn', async () => {
    const first = Promise.withResolvers<void>();
    const agent = await start({
      commandConcurrency: 1,
      async onCommand({ command, begin }) {
        await begin();
        if (command.line === 'first') await first.promise;
      },
    });
    const { commandId: running } = await agent.send({ content: 'first' });
    await agent.state(running, 'running');
    const { commandId: waiting } = await agent.send({ content: 'second', timeoutMs: 20 });
    const { commandId: shorter } = await agent.send({ content: 'third', timeoutMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    first.resolve();
    expect(await agent.result(waiting)).toMatchObject({ success: true });
    expect(await agent.result(shorter)).toMatchObject({ success: true });
  });

  it('cancels one that waits for its turn, which does not begin then', async () => {
    const begun: string[] = [];
    const agent = await start({
      commandConcurrency: 1,
      async onCommand(context) {
        await context.begin();
        begun.push(context.command.id);
        await untilStopped(context);
      },
    });
    const first = await agent.send();
    await agent.state(first.commandId, 'running');
    const second = await agent.send();
    const third = await agent.send();
    await agent.cancel(second.commandId);
    expect(await agent.result(second.commandId)).toMatchObject({ isCancelled: true, durationMs: 0 });
    await agent.cancel(first.commandId);
    await agent.state(third.commandId, 'running');
    expect(begun).toEqual([first.commandId, third.commandId]);
  });

  it('keeps one from beginning that comes after its cancellation', async () => {
    const agent = await start({
      onCommand() {
        throw new Error('it has begun');
      },
    });
    const commandId = newId();
    await agent.cancel(commandId);
    expect(await agent.result(commandId)).toMatchObject({ isCancelled: true });
    await agent.send({ commandId });
    expect(await agent.result(commandId, 2)).toMatchObject({ isCancelled: true });
  });

  it('keeps one from beginning whose approval comes after its cancellation', async () => {
    const approvals: (string | undefined)[] = [];
    const agent = await start({
      onCommand({ command }) {
        approvals.push(command.approvedBy);
        return { awaitsApprovalBy: 'restart' };
      },
    });
    const command = await agent.send();
    await agent.state(command.commandId, 'awaiting_approval');
    await agent.cancel(command.commandId);
    await agent.send({ ...command, approvedBy: 'Bob' });
    expect(await agent.result(command.commandId)).toMatchObject({ isCancelled: true });
    // A later command has been handled.
    const { commandId } = await agent.send();
    await agent.state(commandId, 'awaiting_approval');
    expect(approvals).toEqual([undefined, undefined]);
  });

  it('cancels one that runs and comes again behind its cancellation, and sends the server the missing pieces', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await start({
      async onCommand(context) {
        await context.begin();
        context.output.stdout('first ');
        await untilStopped(context);
        await go.promise;
        context.output.stdout('last');
      },
    });
    const command = await agent.send();
    await agent.sees(command.commandId, 'first');
    agent.pieces.length = 0;
    await agent.cancel(command.commandId);
    await agent.send({ ...command, outputSeq: 0 });
    await agent.sees(command.commandId, 'first');
    go.resolve();
    expect(await agent.result(command.commandId)).toMatchObject({ isCancelled: true });
    expect(agent.printed(command.commandId, 'stdout')).toBe('first last');
  });
});

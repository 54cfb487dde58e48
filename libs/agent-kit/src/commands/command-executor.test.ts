import { describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { startCommandFixture, untilStopped } from '../../testing/command-fixture.ts';
import { endedAfterEach } from '../../testing/ended-after-each.ts';
import type { AgentDefinition } from '../agent-definition.ts';
import type { CommandContext } from './command-context.ts';

const start = endedAfterEach(startCommandFixture, (fixture) => fixture.stop());

describe('a command', () => {
  it('is said to run, prints in order, and ends with its result', async () => {
    const agent = await start({
      async onCommand({ command, begin, output }) {
        await begin({ rule: 'say' });
        output.stdout(`${command.line} for ${command.requestedBy} in ${command.cwd}\n`);
        output.stderr('oops\n');
        return { exitCode: 3, errorMessage: 'it went wrong', durationMs: 123 };
      },
    });
    const { commandId } = await agent.send({ content: 'go', cwd: '/srv', requestedBy: 'Ada' });
    expect(await agent.result(commandId)).toEqual({
      commandId,
      agentId: 'tess',
      incarnation: 1,
      success: false,
      exitCode: 3,
      errorMessage: 'it went wrong',
      truncated: false,
      durationMs: 123,
    });
    expect(agent.states).toMatchObject([{ commandId, agentId: 'tess', state: 'running', rule: 'say' }]);
    expect(agent.printed(commandId, 'stdout')).toBe('go for Ada in /srv\n');
    expect(agent.printed(commandId, 'stderr')).toBe('oops\n');
  });

  it.each([
    ['nothing', undefined, true],
    ['exit code 0', { exitCode: 0 }, true],
    ['an exit code', { exitCode: 1 }, false],
    ['a signal', { signal: 'SIGKILL' }, false],
    ['a reason', { errorMessage: 'no' }, false],
  ])('that ends with %s has succeeded or not: %j, %s', async (_name, outcome, success) => {
    const agent = await start({ onCommand: () => outcome });
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({ success });
  });

  it('fails with what the agent threw', async () => {
    const agent = await start({
      onCommand() {
        throw new Error('no such thing');
      },
    });
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({ success: false, errorMessage: 'no such thing' });
  });

  it('is refused by an agent that executes none', async () => {
    const agent = await start({});
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({
      success: false,
      refusedByRule: '',
      errorMessage: 'This agent executes no commands.',
    });
  });

  it('is refused with the rule that says so, and is never said to run', async () => {
    const agent = await start({ onCommand: () => ({ refusedBy: 'no rm', errorMessage: 'It must not.' }) });
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({
      refusedByRule: 'no rm',
      errorMessage: 'It must not.',
    });
    expect(agent.states).toEqual([]);
  });

  it('is seen while it runs', async () => {
    const agent = await start({
      async onCommand(context) {
        await context.begin();
        context.output.stdout('working');
        await untilStopped(context);
      },
    });
    const { commandId } = await agent.send();
    await agent.sees(commandId, 'working');
    expect(agent.results).toEqual([]);
  });

  it('is heard of only when it has its turn, where its handler is elsewhere', async () => {
    const told: string[] = [];
    const contexts: CommandContext[] = [];
    const gates: (() => void)[] = [];
    const agent = await start(
      {
        commandConcurrency: 1,
        async onCommand(context) {
          contexts.push(context);
          await new Promise<void>((resolve) => gates.push(resolve));
        },
      },
      { hasTurnFirst: true, onTold: (id) => told.push(id) },
    );
    const first = await agent.send();
    const second = await agent.send({ timeoutMs: 60_000 });
    await eventually(() => expect(contexts).toHaveLength(1));
    // Its turn is its own already.
    await contexts[0]?.begin();
    await agent.state(first.commandId, 'running');
    expect(contexts).toHaveLength(1);
    gates[0]?.();
    await agent.result(first.commandId);
    await eventually(() => expect(told).toEqual([first.commandId]));
    await eventually(() => expect(contexts[1]?.command.id).toBe(second.commandId));
    gates[1]?.();
    expect(await agent.result(second.commandId)).toMatchObject({ success: true });
  });

  it('has one turn however often it begins', async () => {
    const agent = await start({
      commandConcurrency: 1,
      async onCommand({ begin }) {
        await Promise.all([begin({ rule: 'first' }), begin({ rule: 'second' })]);
      },
    });
    for (const { commandId } of [await agent.send(), await agent.send()]) {
      expect(await agent.result(commandId)).toMatchObject({ success: true });
      expect(agent.states.filter((report) => report.commandId === commandId)).toMatchObject([
        { state: 'running', rule: 'first' },
      ]);
    }
  });

  it('does not begin any more when its handler threw while it waited for its turn', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await start({
      commandConcurrency: 1,
      async onCommand({ command, begin }) {
        const begun = begin();
        if (command.line === 'hasty') throw new Error('too late');
        await begun;
        if (command.line === 'first') await go.promise;
      },
    });
    const first = await agent.send({ content: 'first' });
    await agent.state(first.commandId, 'running');
    const hasty = await agent.send({ content: 'hasty' });
    const last = await agent.send({ content: 'last' });
    expect(await agent.result(hasty.commandId)).toMatchObject({ success: false, errorMessage: 'too late' });
    go.resolve();
    expect(await agent.result(last.commandId)).toMatchObject({ success: true });
    expect(agent.states.map(({ commandId }) => commandId)).toEqual([first.commandId, last.commandId]);
    expect(agent.executor.describe()).toEqual([]);
  });

  it('prints as much as it may', async () => {
    const agent = await start({
      async onCommand({ output }) {
        output.stdout('x'.repeat(2_000_000));
        return { exitCode: 0 };
      },
    });
    const { commandId } = await agent.send({ outputLimitBytes: 100_000 });
    expect(await agent.result(commandId)).toMatchObject({ success: true, truncated: true });
    expect(agent.printed(commandId, 'stdout')).toHaveLength(100_000);
  });
});

describe('an approval', () => {
  const asking: Omit<AgentDefinition, 'name' | 'onMessage'> = {
    async onCommand({ command, begin, output }) {
      if (command.approvedBy === undefined) return { awaitsApprovalBy: 'restart' };
      await begin({ rule: 'restart' });
      output.stdout(`approved by ${command.approvedBy}`);
      return { exitCode: 0 };
    },
  };

  it('is asked for, and lets the command run', async () => {
    const agent = await start(asking);
    const command = await agent.send();
    expect(await agent.state(command.commandId, 'awaiting_approval')).toMatchObject({ rule: 'restart' });
    await agent.send({ ...command, approvedBy: 'Bob' });
    expect(await agent.result(command.commandId)).toMatchObject({ success: true });
    expect(agent.printed(command.commandId, 'stdout')).toBe('approved by Bob');
  });

  it('is asked for again when the server asks again', async () => {
    const agent = await start(asking);
    const command = await agent.send();
    await agent.state(command.commandId, 'awaiting_approval');
    agent.states.length = 0;
    await agent.send(command);
    await agent.state(command.commandId, 'awaiting_approval');
    expect(agent.results).toEqual([]);
  });

  it('that does not come leaves the command cancelled', async () => {
    const agent = await start(asking);
    const { commandId } = await agent.send();
    await agent.state(commandId, 'awaiting_approval');
    await agent.cancel(commandId);
    expect(await agent.result(commandId)).toMatchObject({ isCancelled: true });
  });
});

describe('control commands', () => {
  it('status prints what the agent does', async () => {
    const agent = await start({});
    const { commandId } = await agent.send({ type: 'status', content: '' });
    expect(await agent.result(commandId)).toMatchObject({ success: true });
    expect(agent.printed(commandId, 'stdout')).toBe('all is well\n');
  });

  it('shutdown is answered last, when everything else has ended', async () => {
    const agent = await start({
      async onCommand(context) {
        await context.begin();
        await untilStopped(context);
      },
    });
    const running = await agent.send();
    await agent.state(running.commandId, 'running');
    const shutdown = await agent.send({ type: 'shutdown', content: '' });
    await agent.state(shutdown.commandId, 'running');
    expect(agent.shutdowns).toBe(1);
    await agent.executor.drain(0);
    await agent.executor.answerShutdown();
    expect(agent.results).toMatchObject([
      { commandId: running.commandId, isCancelled: true, errorMessage: 'The agent went down.' },
      { commandId: shutdown.commandId, success: true },
    ]);
  });

  it('tells the running and the waiting commands', async () => {
    const agent = await start({
      commandConcurrency: 1,
      async onCommand(context) {
        await context.begin({ rule: 'slow' });
        await untilStopped(context);
      },
    });
    const first = await agent.send();
    await agent.state(first.commandId, 'running');
    const second = await agent.send();
    while (agent.executor.describe().length < 2) await agent.handlers.next('heartbeat');
    expect(agent.executor.describe()).toEqual([
      expect.stringContaining(`${first.commandId} running, slow`),
      expect.stringContaining(`${second.commandId} waiting`),
    ]);
  });
});

describe('draining', () => {
  it('lets running commands end, and takes no more', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await start({
      async onCommand({ begin }) {
        await begin();
        await go.promise;
        return { exitCode: 0 };
      },
    });
    const running = await agent.send();
    await agent.state(running.commandId, 'running');
    const drained = agent.executor.drain(60_000);
    const late = await agent.send();
    expect(await agent.result(late.commandId)).toMatchObject({
      success: false,
      errorMessage: 'The agent is going down.',
    });
    go.resolve();
    await drained;
    expect(await agent.result(running.commandId)).toMatchObject({ success: true });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { newId, ParleyError } from '@parley/shared-models';
import type { AgentDefinition } from '../agent-definition.ts';
import { type CommandFixture, startCommandFixture } from '../testing/command-fixture.ts';
import type { CommandContext } from './command-context.ts';

const fixtures: CommandFixture[] = [];

afterEach(async () => {
  for (const fixture of fixtures.splice(0)) await fixture.stop();
});

async function start(definition: Omit<AgentDefinition, 'name' | 'onMessage'>): Promise<CommandFixture> {
  const fixture = await startCommandFixture(definition);
  fixtures.push(fixture);
  return fixture;
}

/** Ends when it is stopped, and takes note of why. */
const untilStopped = ({ signal }: CommandContext): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

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

describe('a connection that is lost', () => {
  it('repeats nothing: a command that comes again is answered from the journal', async () => {
    let runs = 0;
    const agent = await start({
      async onCommand({ begin, output }) {
        await begin();
        runs += 1;
        output.stdout('done');
        return { exitCode: 0 };
      },
    });
    const command = await agent.send();
    await agent.result(command.commandId);
    await agent.send(command);
    expect(await agent.result(command.commandId, 2)).toMatchObject({ success: true, exitCode: 0 });
    expect(runs).toBe(1);
  });

  it('loses no output and no result while the server is away', async () => {
    const agent = await start({
      async onCommand({ begin, output }) {
        await begin();
        for (let n = 1; n <= 50; n++) output.stdout(`${n} `);
        return { exitCode: 0 };
      },
    });
    const { commandOutput, commandResult, commandState } = agent.handlers;
    let failures = 0;
    const failOnce = <T>(work: (item: T) => Promise<void>) => {
      let hasFailed = false;
      return async (item: T): Promise<void> => {
        if (hasFailed) return work(item);
        hasFailed = true;
        failures += 1;
        throw new ParleyError('unavailable', 'the server is away');
      };
    };
    agent.handlers.commandState = failOnce(commandState);
    agent.handlers.commandOutput = failOnce(commandOutput);
    agent.handlers.commandResult = failOnce(commandResult);
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({ success: true });
    const numbers = Array.from({ length: 50 }, (_, index) => `${index + 1} `);
    expect(agent.printed(commandId, 'stdout')).toBe(numbers.join(''));
    expect(failures).toBe(3);
  });

  it('says it again under its new number when the process has registered again meanwhile', async () => {
    const agent = await start({
      async onCommand({ begin, output }) {
        await begin();
        output.stdout('all of it');
        return { exitCode: 0 };
      },
    });
    const { commandOutput } = agent.handlers;
    let refusals = 0;
    agent.handlers.commandOutput = async (piece) => {
      if (refusals++ > 0) return commandOutput(piece);
      throw new ParleyError('stale_incarnation', 'Incarnation 1 of "tess" was replaced by 2.');
    };
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({ success: true, truncated: false });
    expect(agent.printed(commandId, 'stdout')).toBe('all of it');
  });

  it('lets the output go on behind what the server has', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await start({
      async onCommand({ begin, output }) {
        await begin();
        output.stdout('first ');
        await go.promise;
        output.stdout('second');
        return { exitCode: 0 };
      },
    });
    const command = await agent.send();
    await agent.sees(command.commandId, 'first');
    agent.pieces.length = 0;
    agent.states.length = 0;
    await agent.send({ ...command, outputSeq: 1 });
    // It tells everything again but what the server says that it has.
    await agent.state(command.commandId, 'running');
    go.resolve();
    await agent.result(command.commandId);
    expect(agent.pieces).toMatchObject([{ seq: 2, data: 'second' }]);
  });

  it('sends again what the server lacks although it had it', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await start({
      async onCommand({ begin, output }) {
        await begin();
        output.stdout('first ');
        await go.promise;
        output.stdout('second');
        return { exitCode: 0 };
      },
    });
    const command = await agent.send();
    await agent.sees(command.commandId, 'first');
    agent.pieces.length = 0;
    agent.states.length = 0;
    const { commandOutput } = agent.handlers;
    agent.handlers.commandOutput = async (piece) => {
      if (piece.seq !== agent.pieces.length + 1) {
        const details = { path: 'seq', expectedSeq: agent.pieces.length + 1 };
        throw new ParleyError('invalid_request', 'pieces are missing', { details });
      }
      await commandOutput(piece);
    };
    await agent.send({ ...command, outputSeq: 1 });
    await agent.state(command.commandId, 'running');
    go.resolve();
    expect(await agent.result(command.commandId)).toMatchObject({ success: true });
    expect(agent.printed(command.commandId, 'stdout')).toBe('first second');
  });

  it('gives up a command that the server does not know', async () => {
    const agent = await start({ onCommand: () => ({ exitCode: 0 }) });
    const { commandResult } = agent.handlers;
    let refused = 0;
    agent.handlers.commandResult = async () => {
      refused += 1;
      throw new ParleyError('not_found', 'there is no such command');
    };
    await agent.send();
    await agent.handlers.next('heartbeat');
    agent.handlers.commandResult = commandResult;
    const { commandId } = await agent.send();
    await agent.result(commandId);
    expect(refused).toBe(1);
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
    await agent.desk.drain(0);
    await agent.desk.answerShutdown();
    expect(agent.results).toMatchObject([
      { commandId: running.commandId, isCancelled: true, errorMessage: 'The agent went down.' },
      { commandId: shutdown.commandId, success: true },
    ]);
  });

  it('tells what runs and what waits', async () => {
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
    while (agent.desk.describe().length < 2) await agent.handlers.next('heartbeat');
    expect(agent.desk.describe()).toEqual([
      expect.stringContaining(`${first.commandId} running, slow`),
      expect.stringContaining(`${second.commandId} waiting`),
    ]);
  });
});

describe('draining', () => {
  it('lets what runs end, and takes no more', async () => {
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
    const drained = agent.desk.drain(60_000);
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

import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { startCommandFixture } from '../../testing/command-fixture.ts';
import { endedAfterEach } from '../../testing/ended-after-each.ts';

const start = endedAfterEach(startCommandFixture, (fixture) => fixture.stop());

describe('a connection that is lost', () => {
  /** A command that has printed `first `, which the server forgets; `goOn` lets it print `second` and end. */
  async function halfWay() {
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
    return { agent, command, goOn: go.resolve };
  }

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
    const { sendCommandOutput, sendCommandResult, sendCommandState } = agent.handlers;
    let failures = 0;
    const failOnce = <T extends unknown[]>(work: (...args: T) => Promise<void>) => {
      let hasFailed = false;
      return async (...args: T): Promise<void> => {
        if (hasFailed) return work(...args);
        hasFailed = true;
        failures += 1;
        throw new ParleyError('unavailable', 'the server is away');
      };
    };
    agent.handlers.sendCommandState = failOnce(sendCommandState);
    agent.handlers.sendCommandOutput = failOnce(sendCommandOutput);
    agent.handlers.sendCommandResult = failOnce(sendCommandResult);
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
    const { sendCommandOutput } = agent.handlers;
    let refusals = 0;
    agent.handlers.sendCommandOutput = async (...args) => {
      if (refusals++ > 0) return sendCommandOutput(...args);
      throw new ParleyError('stale_incarnation', 'Incarnation 1 of "tess" was replaced by 2.');
    };
    const { commandId } = await agent.send();
    expect(await agent.result(commandId)).toMatchObject({ success: true, truncated: false });
    expect(agent.printed(commandId, 'stdout')).toBe('all of it');
  });

  it('continues the output after the pieces that the server has', async () => {
    const { agent, command, goOn } = await halfWay();
    await agent.send({ ...command, outputSeq: 1 });
    // It sends everything again except the pieces that the server says it has.
    await agent.state(command.commandId, 'running');
    goOn();
    await agent.result(command.commandId);
    expect(agent.pieces).toMatchObject([{ seq: 2, data: 'second' }]);
  });

  it('sends again the pieces that the server has lost', async () => {
    const { agent, command, goOn } = await halfWay();
    const { sendCommandOutput } = agent.handlers;
    agent.handlers.sendCommandOutput = async (piece, context) => {
      if (piece.seq !== agent.pieces.length + 1) {
        const details = { path: 'seq', expectedSeq: agent.pieces.length + 1 };
        throw new ParleyError('invalid_request', 'pieces are missing', { details });
      }
      await sendCommandOutput(piece, context);
    };
    await agent.send({ ...command, outputSeq: 1 });
    await agent.state(command.commandId, 'running');
    goOn();
    expect(await agent.result(command.commandId)).toMatchObject({ success: true });
    expect(agent.printed(command.commandId, 'stdout')).toBe('first second');
  });

  it('gives up a command that the server does not know', async () => {
    const agent = await start({ onCommand: () => ({ exitCode: 0 }) });
    const { sendCommandResult } = agent.handlers;
    let refused = 0;
    agent.handlers.sendCommandResult = async () => {
      refused += 1;
      throw new ParleyError('not_found', 'there is no such command');
    };
    await agent.send();
    while (refused === 0) await agent.handlers.next('heartbeat');
    agent.handlers.sendCommandResult = sendCommandResult;
    const { commandId } = await agent.send();
    await agent.result(commandId);
    expect(refused).toBe(1);
  });
});

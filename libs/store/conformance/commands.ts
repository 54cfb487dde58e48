import { describe, expect, it } from '@jest/globals';
import { type AuditInput, type CommandRecord, type CommandResult, newId } from '@parley/shared-models';
import type { NewCommand } from '../src/ports/commands.ts';
import type { Context } from './store-fixture.ts';

const ada = { id: 'ada', name: 'Ada' };
const anAgentId = (): string => `agent-${newId()}`;

function aCommand(fields: Partial<NewCommand> = {}): NewCommand {
  return {
    id: newId(),
    agentId: anAgentId(),
    agentName: 'Shell',
    requestedBy: ada,
    type: 'shell',
    command: 'ls -l',
    timeoutMs: 10_000,
    ...fields,
  };
}

const aResult = (command: NewCommand, fields: Partial<CommandResult> = {}): CommandResult => ({
  commandId: command.id,
  agentId: command.agentId,
  success: true,
  exitCode: 0,
  truncated: false,
  durationMs: 12,
  ...fields,
});

const entered = (command: CommandRecord): AuditInput => ({
  action: 'command.run',
  actor: { kind: 'user', ...command.requestedBy },
  subjectId: command.id,
  result: command.state,
});

const LIMITS = { bytes: 1000, pieces: 100 };
const piece = (seq: number, data = `piece ${seq}\n`) => ({ seq, stream: 'stdout' as const, data });

export function describeCommands(context: Context): void {
  describe('commands', () => {
    const sent = async (fields: Partial<NewCommand> = {}, instanceId = 'process 1'): Promise<NewCommand> => {
      const command = aCommand(fields);
      await context.store.commands.add([command], entered);
      await context.store.commands.apply(command.id, { do: 'take', instanceId });
      return command;
    };
    const entriesOf = async (subjectId: string) =>
      (await context.store.audit.list({ subjectId, limit: 100 })).entries
        .map(({ result }) => result)
        .toReversed();

    it('are stored as queued, whatever is typed, with their audit entries', async () => {
      const { commands } = context.store;
      const odd = 'echo "NUL \u0000, half a pair \uD83D, 漢"';
      const asked = aCommand({ command: odd, cwd: '/tmp', batchId: newId() });
      const [added] = await commands.add([asked], entered);
      expect(added).toMatchObject({ isDuplicate: false, command: { record: { ...asked, state: 'queued' } } });
      const found = await commands.get(asked.id);
      expect(found).toEqual(added?.command);
      expect(found).toMatchObject({ instanceId: undefined, outputBytes: 0 });
      expect(await entriesOf(asked.id)).toEqual(['queued']);
    });

    it('are stored once: asked for again, they are as they have become', async () => {
      const { commands } = context.store;
      const command = await sent();
      const another = aCommand();
      const added = await commands.add([command, another], entered);
      expect(added.map(({ isDuplicate }) => isDuplicate)).toEqual([true, false]);
      expect(added[0]?.command.record.state).toBe('sent');
      expect(await entriesOf(command.id)).toEqual(['queued']);
    });

    it('are stored once also when two processes are asked at the same moment', async () => {
      const other = await context.open();
      const asked = Array.from({ length: 10 }, () => aCommand());
      const outcomes = await Promise.all(
        asked.flatMap((command) =>
          [context.store, other].map(async ({ commands }) => (await commands.add([command], entered))[0]),
        ),
      );
      expect(outcomes.filter((added) => added?.isDuplicate === false)).toHaveLength(10);
      for (const { id } of asked) expect(await entriesOf(id)).toEqual(['queued']);
    });

    it('are refused together when one id was used for another command', async () => {
      const { commands } = context.store;
      const command = await sent();
      const another = aCommand();
      const asking = commands.add([another, { ...command, command: 'rm -r /' }], entered);
      await expect(asking).rejects.toMatchObject({ code: 'id_conflict' });
      expect(await commands.get(another.id)).toBeUndefined();
      expect(await entriesOf(another.id)).toEqual([]);
    });

    it('go from state to state with an audit entry each, and stay in the last one', async () => {
      const { commands } = context.store;
      const command = await sent();
      const instanceId = 'process 1';
      await commands.apply(command.id, { do: 'run', instanceId }, entered);
      const ended = await commands.apply(
        command.id,
        { do: 'end', instanceId, result: aResult(command) },
        entered,
      );
      expect(ended).toMatchObject({
        hasChanged: true,
        command: { record: { state: 'succeeded', exitCode: 0 } },
      });
      const late = await commands.apply(command.id, { do: 'lose', instanceId, reason: 'gone' }, entered);
      expect(late).toEqual({ hasChanged: false, command: ended?.command });
      expect(await entriesOf(command.id)).toEqual(['queued', 'running', 'succeeded']);
      expect(await commands.apply(newId(), { do: 'expire', reason: 'x' })).toBeUndefined();
    });

    it('are taken by one process only, however many try at once', async () => {
      const other = await context.open();
      const asked = Array.from({ length: 8 }, () => aCommand());
      await context.store.commands.add(asked, () => undefined);
      const takes = await Promise.all(
        asked.flatMap(({ id }) =>
          [context.store, other].map(async ({ commands }, index) => {
            const taken = await commands.apply(id, { do: 'take', instanceId: `process ${index}` });
            return taken?.hasChanged === true ? id : undefined;
          }),
        ),
      );
      const taken = takes.filter((id) => id !== undefined);
      expect(new Set(taken).size).toBe(8);
      expect(taken).toHaveLength(8);
    });

    it('end in one state, however many ends come at once', async () => {
      const other = await context.open();
      const command = await sent();
      const instanceId = 'process 1';
      const result = aResult(command);
      const events = [
        { do: 'end', instanceId, result },
        { do: 'lose', instanceId, reason: 'gone' },
        { do: 'overrun', reason: 'late' },
        { do: 'end', instanceId, result: { ...result, success: false } },
      ] as const;
      const outcomes = await Promise.all(
        events.map((event, index) =>
          (index % 2 ? other : context.store).commands.apply(command.id, event, entered),
        ),
      );
      expect(outcomes.filter((outcome) => outcome?.hasChanged)).toHaveLength(1);
      expect(await entriesOf(command.id)).toHaveLength(2);
    });

    it('are listed last one first, by agent, batch and state, page by page', async () => {
      const { commands } = context.store;
      const agentId = anAgentId();
      const batchId = newId();
      const first = aCommand({ agentId });
      const second = aCommand({ agentId, batchId });
      const third = aCommand({ batchId });
      for (const command of [first, second, third]) await commands.add([command], () => undefined);
      await commands.apply(first.id, { do: 'cancel', by: ada });
      const ids = async (query: Partial<Parameters<typeof commands.list>[0]>) => {
        const page = await commands.list({ limit: 10, ...query });
        return page.commands.map(({ id }) => id);
      };
      expect(await ids({ agentId })).toEqual([second.id, first.id]);
      expect(await ids({ batchId })).toEqual([third.id, second.id]);
      expect(await ids({ agentId, state: 'cancelled' })).toEqual([first.id]);
      expect(await ids({ agentId, before: second.id })).toEqual([first.id]);
      expect(await ids({ limit: 2 })).toEqual([third.id, second.id]);
      expect(await commands.list({ agentId, limit: 1 })).toMatchObject({ hasMore: true });
      expect(await commands.list({ agentId, limit: 2 })).toMatchObject({ hasMore: false });
    });

    it('are open until they end, oldest first', async () => {
      const { commands } = context.store;
      const agentId = anAgentId();
      const asked = [aCommand({ agentId }), aCommand({ agentId }), aCommand({ agentId })];
      await commands.add(asked, () => undefined);
      await commands.apply(asked[1]?.id ?? '', { do: 'expire', reason: 'late' });
      const open = [asked[0]?.id, asked[2]?.id];
      expect((await commands.listOpen(agentId)).map(({ record }) => record.id)).toEqual(open);
      const all = (await commands.listOpen()).map(({ record }) => record.id);
      expect(all.filter((id) => asked.some((command) => command.id === id))).toEqual(open);
    });

    it('are there again after a restart, with what they printed', async () => {
      const before = await context.fixture.open();
      const command = aCommand();
      await before.commands.add([command], entered);
      await before.commands.apply(command.id, { do: 'take', instanceId: 'process 1' });
      await before.commands.addOutput(command.id, command.agentId, piece(1), LIMITS);
      await before.close();
      const after = await context.open();
      expect(await after.commands.get(command.id)).toMatchObject({
        instanceId: 'process 1',
        outputBytes: 8,
        record: { state: 'sent', outputSeq: 1 },
      });
      const { pieces } = await after.commands.listOutput(command.id, { afterSeq: 0, limitBytes: 1000 });
      expect(pieces).toEqual([piece(1)]);
    });
  });

  describe('what commands print', () => {
    const start = async (): Promise<NewCommand> => {
      const command = aCommand();
      await context.store.commands.add([command], () => undefined);
      await context.store.commands.apply(command.id, { do: 'take', instanceId: 'process 1' });
      return command;
    };
    const read = (id: string, afterSeq = 0, limitBytes = 1_000_000) =>
      context.store.commands.listOutput(id, { afterSeq, limitBytes });

    it('is kept piece by piece, whatever characters there are, and read in order', async () => {
      const { commands } = context.store;
      const { id, agentId } = await start();
      const pieces = [
        piece(1, 'NUL \u0000, half a pair \uD83D, \u001B[31mred'),
        { seq: 2, stream: 'stderr' as const, data: '漢' },
        piece(3),
      ];
      for (const each of pieces) {
        expect((await commands.addOutput(id, agentId, each, LIMITS)).outcome).toBe('stored');
      }
      expect(await read(id)).toEqual({ pieces, hasMore: false });
      expect((await read(id, 1)).pieces).toEqual(pieces.slice(1));
      expect((await commands.get(id))?.record).toMatchObject({ outputSeq: 3, truncated: false });
    });

    it('is kept once and without gaps', async () => {
      const { commands } = context.store;
      const { id, agentId } = await start();
      await commands.addOutput(id, agentId, piece(1), LIMITS);
      expect((await commands.addOutput(id, agentId, piece(1, 'other'), LIMITS)).outcome).toBe('repeated');
      expect(await commands.addOutput(id, agentId, piece(3), LIMITS)).toEqual({
        outcome: 'gap',
        expectedSeq: 2,
      });
      expect((await read(id)).pieces).toEqual([piece(1)]);
    });

    it('is kept once also when the same pieces come over two servers at once', async () => {
      const other = await context.open();
      const { id, agentId } = await start();
      for (let seq = 1; seq <= 5; seq++) {
        const outcomes = await Promise.all(
          [context.store, other].map(({ commands }) => commands.addOutput(id, agentId, piece(seq), LIMITS)),
        );
        expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['repeated', 'stored']);
      }
      expect((await read(id)).pieces.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    });

    it('is dropped beyond the limits, which the command says', async () => {
      const { commands } = context.store;
      const { id, agentId } = await start();
      await commands.addOutput(id, agentId, piece(1, 'é'.repeat(400)), LIMITS);
      expect((await commands.addOutput(id, agentId, piece(2, 'é'.repeat(200)), LIMITS)).outcome).toBe(
        'dropped',
      );
      // Nothing after a hole, however small.
      expect((await commands.addOutput(id, agentId, piece(3, 'x'), LIMITS)).outcome).toBe('dropped');
      expect(await commands.get(id)).toMatchObject({
        outputBytes: 800,
        record: { truncated: true, outputSeq: 3 },
      });
      expect((await read(id)).pieces.map(({ seq }) => seq)).toEqual([1]);
      const many = await start();
      for (let seq = 1; seq <= 3; seq++)
        await commands.addOutput(many.id, many.agentId, piece(seq), { bytes: 1000, pieces: 2 });
      expect((await read(many.id)).pieces).toHaveLength(2);
    });

    it('is read in pages of bounded size, of one piece at least', async () => {
      const { commands } = context.store;
      const { id, agentId } = await start();
      for (let seq = 1; seq <= 5; seq++)
        await commands.addOutput(id, agentId, piece(seq, 'x'.repeat(100)), LIMITS);
      expect(await read(id, 0, 250)).toMatchObject({ pieces: [{ seq: 1 }, { seq: 2 }], hasMore: true });
      expect(await read(id, 2, 1)).toMatchObject({ pieces: [{ seq: 3 }], hasMore: true });
      expect(await read(id, 4, 1)).toMatchObject({ pieces: [{ seq: 5 }], hasMore: false });
      expect(await read(id, 5)).toEqual({ pieces: [], hasMore: false });
    });

    it('is taken from its own agent only, and of a lost command no more', async () => {
      const { commands } = context.store;
      const { id, agentId } = await start();
      expect(await commands.addOutput(id, anAgentId(), piece(1), LIMITS)).toEqual({ outcome: 'unknown' });
      expect(await commands.addOutput(newId(), agentId, piece(1), LIMITS)).toEqual({ outcome: 'unknown' });
      await commands.apply(id, { do: 'lose', instanceId: 'process 1', reason: 'gone' });
      expect((await commands.addOutput(id, agentId, piece(1), LIMITS)).outcome).toBe('ended');
    });
  });

  describe('the process of an agent', () => {
    it('is the one with the largest incarnation', async () => {
      const { commands } = context.store;
      const agentId = anAgentId();
      await commands.bindProcess({ agentId, instanceId: 'two', incarnation: 2 });
      await commands.bindProcess({ agentId, instanceId: 'one', incarnation: 1 });
      expect(await commands.processesOf([agentId])).toMatchObject([{ instanceId: 'two', incarnation: 2 }]);
      await commands.bindProcess({ agentId, instanceId: 'three', incarnation: 3 });
      await commands.unbindProcess(agentId, 2);
      expect(await commands.processesOf([agentId, anAgentId()])).toMatchObject([{ instanceId: 'three' }]);
      await commands.unbindProcess(agentId, 3);
      expect(await commands.processesOf([agentId])).toEqual([]);
    });

    it('beats when it is heard of', async () => {
      const { commands } = context.store;
      const [agentId, other] = [anAgentId(), anAgentId()];
      await commands.bindProcess({ agentId, instanceId: 'one', incarnation: 1 });
      await commands.bindProcess({ agentId: other, instanceId: 'two', incarnation: 5 });
      await commands.beat([
        { agentId, incarnation: 1 },
        { agentId: other, incarnation: 4 },
        { agentId: anAgentId(), incarnation: 1 },
      ]);
      await commands.beat([]);
      const found = await commands.processesOf([agentId, other]);
      expect(Object.fromEntries(found.map(({ instanceId, beats }) => [instanceId, beats]))).toEqual({
        one: 1,
        two: 0,
      });
    });
  });
}

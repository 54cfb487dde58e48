import { describe, expect, it } from '@jest/globals';
import {
  type CommandRecord,
  type CommandState,
  deriveId,
  newId,
  type ServerFrame,
} from '@parley/shared-models';
import { record, settled, startPair } from '../testing/start-pair.ts';

function aStatus(id: string, state: CommandState, fields: Partial<CommandRecord> = {}): ServerFrame {
  const command: CommandRecord = {
    id,
    agentId: 'shell',
    agentName: 'Shell',
    requestedBy: { id: 'ada', name: 'Ada' },
    type: 'shell',
    command: 'ls',
    timeoutMs: 1000,
    state,
    createdAt: '2026-01-31T09:30:00.000Z',
    truncated: false,
    outputSeq: 0,
    ...fields,
  };
  return { type: 'command.status', id, state, command };
}
const output = (id: string, seq: number): ServerFrame => ({
  type: 'command.output',
  id,
  stream: 'stdout',
  seq,
  data: `${seq}`,
});

describe('a command', () => {
  it('is asked for, followed, and resolved when it has ended', async () => {
    const { client, peer } = await startPair();
    const run = client.run({ agentId: 'shell', command: 'ls' });
    expect(await peer.take('command.run')).toMatchObject({ id: run.id, agentId: 'shell', command: 'ls' });
    peer.send(aStatus(run.id, 'running'), output(run.id, 1), aStatus(run.id, 'succeeded', { exitCode: 0 }));
    expect(await run.ended).toMatchObject([{ id: run.id, state: 'succeeded', exitCode: 0 }]);
  });

  it('for several agents has ended when all have', async () => {
    const { client, peer } = await startPair();
    const run = client.run({ agentIds: ['one', 'two', 'one'], command: 'ls' });
    const [one, two] = [deriveId(run.id, 'one'), deriveId(run.id, 'two')];
    expect(run.commandIds).toEqual([one, two]);
    await peer.take('command.run');
    peer.send(aStatus(two, 'failed', { batchId: run.id }), aStatus(one, 'running', { batchId: run.id }));
    await settled(client, peer);
    peer.send(aStatus(one, 'succeeded', { batchId: run.id }));
    expect((await run.ended).map(({ state }) => state)).toEqual(['succeeded', 'failed']);
  });

  it('is asked for again after a lost connection until it is answered, then opened where its output was', async () => {
    const { client, peer, server } = await startPair();
    const outputs = record(client, 'command.output');
    const run = client.run({ agentId: 'shell', command: 'ls' });
    await peer.take('command.run');
    peer.socket.terminate();
    const second = await server.next();
    await second.welcome();
    expect(await second.take('command.run')).toMatchObject({ id: run.id });
    second.send(aStatus(run.id, 'running'), output(run.id, 1), output(run.id, 2));
    await settled(client, second);
    second.socket.terminate();
    const third = await server.next();
    await third.welcome();
    expect(await third.take('command.open')).toMatchObject({ id: run.id, afterSeq: 2 });
    third.send(output(run.id, 2), output(run.id, 3), aStatus(run.id, 'succeeded'));
    await run.ended;
    expect(outputs.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('has the pieces of its output in order: after a gap they are asked for', async () => {
    const { client, peer } = await startPair();
    const outputs = record(client, 'command.output');
    const id = newId();
    client.openCommand(id, 4);
    expect(await peer.take('command.open')).toMatchObject({ id, afterSeq: 4 });
    peer.send(output(id, 5), output(id, 7));
    expect(await peer.take('command.open')).toMatchObject({ id, afterSeq: 5 });
    peer.send(output(id, 6), output(id, 7));
    await settled(client, peer);
    expect(outputs.map(({ seq }) => seq)).toEqual([5, 6, 7]);
    client.leaveCommand(id);
    expect(await peer.take('command.close')).toMatchObject({ id });
  });

  it('that the server refuses is rejected with its code', async () => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const run = client.run({ agentId: 'shell', command: 'ls' });
    await peer.take('command.run');
    peer.send({ type: 'error', code: 'forbidden', message: 'no', inReplyTo: run.id });
    await expect(run.ended).rejects.toMatchObject({ code: 'forbidden' });
    expect(errors).toMatchObject([{ code: 'forbidden', inReplyTo: run.id }]);
  });

  it('is rejected when the client is closed', async () => {
    const { client } = await startPair();
    const run = client.run({ agentId: 'shell', command: 'ls' });
    await client.close();
    await expect(run.ended).rejects.toMatchObject({ code: 'unavailable' });
  });
});

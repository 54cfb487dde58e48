import { describe, expect, it } from '@jest/globals';
import { newTask, type TaskDocument } from '@parley/durable-tasks';
import { AgentProfile, type ChatMessage, newId, ParleyError } from '@parley/shared-models';
import { onLoopback } from '../../testing/fixture.ts';
import type { VersionedTask } from '../contracts/tasks.ts';

const CALLER = { agentId: 'echo', incarnation: 1 };

const aTask = (fields: Partial<TaskDocument> = {}): VersionedTask => ({
  document: {
    ...newTask(
      {
        id: newId(),
        conversationId: newId(),
        group: 'echo',
        ownerId: 'ada',
        user: { kind: 'user', id: 'ada', name: 'Ada' },
        title: 'Aktien für 漢',
        requestId: newId(),
        text: 'Compare\nthem',
        input: { tickers: ['AAPL'], none: null },
      },
      '2026-01-31T12:00:00.000Z',
    ),
    ...fields,
  },
  version: 3,
  token: 2,
});

describe('the service of tasks', () => {
  const loopback = onLoopback();

  async function joined(task?: VersionedTask) {
    const { handlers, url } = await loopback.serve();
    handlers.task = task;
    const client = loopback.connect(url);
    await client.registerAgent({
      agentId: 'echo',
      isExclusive: true,
      instanceId: 'process 1',
      profile: AgentProfile.parse({ name: 'Echo', group: 'echo' }),
    });
    const last = () => handlers.requests.at(-1);
    return { handlers, last, tasks: client.servicesFor(() => CALLER) };
  }

  it('carries a task as it is, with its version and its token', async () => {
    const task = aTask();
    const { tasks, last } = await joined(task);
    const { id } = task.document;
    const requestId = newId();
    expect(await tasks.getTask({ id })).toEqual(task);
    expect(last()).toEqual({ rpc: 'getTask', request: { ...CALLER, id } });
    const asked = { id, requestId, text: 'Compare', input: { a: [1, null] } };
    expect(await tasks.createTask({ ...asked, title: 'T' })).toEqual(task);
    expect(last()).toEqual({ rpc: 'createTask', request: { ...CALLER, ...asked, title: 'T' } });
    await tasks.refineTask({ id, requestId, text: 'Only' });
    expect(last()).toEqual({
      rpc: 'refineTask',
      request: { ...CALLER, id, requestId, text: 'Only', input: undefined },
    });
    await tasks.cancelTask({ id, requestId });
    expect(last()).toEqual({ rpc: 'cancelTask', request: { ...CALLER, id, requestId } });
    expect(await tasks.listTasks({ requestId, limit: 5 })).toEqual([task]);
    expect(last()).toEqual({ rpc: 'listTasks', request: { ...CALLER, requestId, limit: 5 } });
    expect(await tasks.claimTasks({ limit: 7 })).toEqual({ tasks: [task], leaseMs: 10_000 });
    expect(last()).toEqual({ rpc: 'claimTasks', request: { ...CALLER, limit: 7 } });
    const save = { document: task.document, expectedVersion: 3, token: 2 };
    expect(await tasks.saveTask(save)).toEqual(task);
    expect(last()).toEqual({ rpc: 'saveTask', request: { ...CALLER, ...save } });
  });

  it('renews and releases leases', async () => {
    const { tasks, last } = await joined();
    const lease = { id: newId(), token: 2 };
    expect(await tasks.renewLeases({ leases: [lease] })).toEqual([{ id: lease.id, version: 3 }]);
    expect(last()).toEqual({ rpc: 'renewLeases', request: { ...CALLER, leases: [lease] } });
    await tasks.releaseTask({ lease });
    expect(last()).toEqual({ rpc: 'releaseTask', request: { ...CALLER, lease } });
  });

  it('answers an attempt at a step with the reply, and its end', async () => {
    const { handlers, tasks, last } = await joined();
    const reply: ChatMessage = {
      id: newId(),
      conversationId: newId(),
      seq: 2,
      kind: 'REPLY',
      sender: { kind: 'agent', id: 'executor', name: 'Executor' },
      text: '',
      createdAt: '2026-01-31T12:00:00.000Z',
      metadata: { result: { x: [1] } },
    };
    const lease = { id: newId(), token: 2 };
    const { id } = lease;
    const attempt = { lease, stepId: 'prices:AAPL', attempt: 1, timeoutMs: 1000, isCancellation: false };
    handlers.answer = async () => reply;
    expect(await tasks.runStep(attempt)).toEqual(reply);
    expect(last()?.request).toEqual({ ...CALLER, ...attempt });
    handlers.answer = async () => {
      throw new ParleyError('agent_timeout', 'no reply', { details: { askId: id } });
    };
    await expect(tasks.runStep(attempt)).rejects.toMatchObject({
      code: 'agent_timeout',
      details: { askId: id },
    });
    const stopped = { ...attempt, isCancellation: true };
    expect(await tasks.runStep(stopped)).toBeUndefined();
    expect(last()).toEqual({ rpc: 'runStep', request: { ...CALLER, ...stopped } });
  });

  it('refuses a document that is not valid, or too large', async () => {
    const { tasks, last } = await joined(aTask());
    const before = last();
    const wrong = [
      aTask({ state: 'PAUSED' as never }),
      aTask({ rounds: [] }),
      aTask({ title: '' }),
      aTask({ error: { code: 'x', message: 'y'.repeat(1001) } }),
    ];
    for (const { document } of wrong) {
      await expect(tasks.saveTask({ document, expectedVersion: 1, token: 1 })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { path: 'document' },
      });
    }
    const large = aTask().document;
    const rounds = large.rounds.map((round) => ({ ...round, input: 'x'.repeat(922_000) }));
    await expect(
      tasks.saveTask({ document: { ...large, rounds }, expectedVersion: 1, token: 1 }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('921600'),
    });
    expect(last()).toEqual(before);
  });
});

import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { FetchLike } from './http-request.ts';
import { createTasksApi } from './http-tasks.ts';

const id = newId();
const task = {
  id,
  conversationId: newId(),
  state: 'EXECUTING',
  title: 'Stocks',
  version: 4,
  round: 1,
  plan: [
    {
      id: 'a',
      title: 'Do a',
      state: 'done',
      kind: 'step',
      round: 1,
      group: 'executor',
      dependsOn: [],
      attempt: 1,
      maxAttempts: 3,
      summary: '21 days',
    },
  ],
};

/** A server that gives every request this answer, and a client of it. */
function anApi(answer: object) {
  const asked: string[] = [];
  const fetch: FetchLike = async (url, { method }) => {
    asked.push(`${method} ${url}`);
    return { ok: true, status: 200, text: async () => JSON.stringify(answer) };
  };
  return { asked, api: createTasksApi({ fetch }) };
}

describe('the HTTP interface of tasks', () => {
  it("asks for one's own tasks, or for a part of everybody's", async () => {
    const { asked, api } = anApi({ tasks: [task] });
    expect(await api.tasks()).toEqual([task]);
    await api.tasks({ all: true, limit: 5, before: id, conversationId: id });
    expect(asked).toEqual([
      'GET /api/tasks',
      `GET /api/tasks?conversationId=${id}&all=true&limit=5&before=${id}`,
    ]);
  });

  it('asks for a task with what its steps got and gave', async () => {
    const [step] = task.plan;
    const detail = {
      ...task,
      plan: [{ ...step, input: { ticker: 'AAPL' }, result: [1, null] }],
      rounds: [
        { round: 1, requestId: id, text: 'x', at: '2026-01-31T12:00:00.000Z', report: { text: '# R' } },
      ],
    };
    const { asked, api } = anApi(detail);
    expect(await api.task(id)).toEqual(detail);
    expect(asked).toEqual([`GET /api/tasks/${id}`]);
  });

  it('cancels a task', async () => {
    const { asked, api } = anApi({ ...task, state: 'CANCELLED' });
    expect((await api.cancelTask(id)).state).toBe('CANCELLED');
    expect(asked).toEqual([`POST /api/tasks/${id}/cancel`]);
  });

  it('says so when the answer is no task', async () => {
    const { api } = anApi({ ...task, state: 'PAUSED' });
    await expect(api.cancelTask(id)).rejects.toMatchObject({ code: 'internal' });
  });
});

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type ChatMessage, newId, TaskDetail, type TaskState } from '@parley/shared-models';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';
import { begun, gate, reached } from './agents/task-paths.ts';

const planner = path.join(import.meta.dirname, 'agents/task-planner-agent.ts');
const executor = path.join(import.meta.dirname, 'agents/task-executor-agent.ts');

const reportOf = (run: string, round = 1): string =>
  [
    `Report of ${run}, round ${round}`,
    `a: {"summary":"${run} a","from":[]}`,
    `b: {"summary":"${run} b","from":["a"]}`,
    `c: {"summary":"${run} c","from":["a"]}`,
    `d: {"summary":"${run} d","from":["b","c"]}`,
  ].join('\n');

describe.each(SYSTEM_KINDS)('durable tasks, on $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let client: RawClient;
  let dir: string;

  beforeAll(async () => {
    system = await startSystem({ driver, hasPostgres, agents: [], env: { TASK_LEASE_MS: '2000' } });
    dir = path.join(system.dataDir, 'tasks');
    mkdirSync(dir);
    const env = { TASK_DIR: system.dataDir };
    await Promise.all([
      system.startAgent({ file: planner, id: 'planner', env }),
      system.startAgent({ file: executor, id: 'executor', env }),
      system.startAgent({ file: executor, id: 'executor-2', env }),
    ]);
    client = await connectRaw(system.webSocketUrl);
  }, 180_000);
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const taskOf = async (id: string): Promise<TaskDetail> =>
    TaskDetail.parse(await (await fetch(`${system.url}/api/tasks/${id}`)).json());
  const linesOf = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const say = (text: string, more: object = {}): string =>
    sendText(client, text, { target: { group: 'planner' }, ...more });
  const answerTo = async (id: string, fits = (_: ChatMessage) => true): Promise<ChatMessage> =>
    (await client.received('message', ({ message }) => message.inReplyTo === id && fits(message))).message;
  const begin = async (text: string) => {
    const messageId = say(text);
    const answer = await answerTo(messageId, ({ text: said }) => said.startsWith('begun'));
    return { messageId, conversationId: answer.conversationId, taskId: answer.text.split(' ')[1] ?? '' };
  };
  const inState = (taskId: string, state: TaskState) =>
    client.received('task.update', ({ task }) => task.id === taskId && task.state === state);
  const isReport = ({ metadata }: ChatMessage): boolean =>
    (metadata?.task as { kind?: string } | undefined)?.kind === 'report';

  it('are planned, done in the order of what depends on what, and reported in the conversation', async () => {
    const run = newId();
    const { messageId, taskId } = await begin(`diamond ${run}`);
    const report = await answerTo(messageId, isReport);
    expect(report.text).toBe(reportOf(run));
    await inState(taskId, 'REFINEMENT_READY');
    const states = client.frames.flatMap((frame) =>
      frame.type === 'task.update' && frame.task.id === taskId ? [frame.task.state] : [],
    );
    expect([...new Set(states)]).toEqual(['PLANNING', 'EXECUTING', 'AGGREGATING', 'REFINEMENT_READY']);
    const task = await taskOf(taskId);
    expect(task).toMatchObject({ title: `The run ${run}`, reportMessageId: report.id, round: 1 });
    expect(task.plan.map(({ id, state, attempt }) => ({ id, state, attempt }))).toEqual(
      ['a', 'b', 'c', 'd', 'report'].map((id) => ({ id, state: 'done', attempt: 1 })),
    );
    expect(task.plan[1]).toMatchObject({ summary: `${run} b`, result: { from: ['a'] } });
    expect(linesOf(begun(run, dir)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'report']);
  });

  it('tell who follows the conversation what a step says while it runs', async () => {
    const run = newId();
    const { taskId } = await begin(`diamond ${run}`);
    const begins = await client.received(
      'task.progress',
      (frame) => frame.taskId === taskId && frame.stepId === 'b',
    );
    expect(begins).toMatchObject({ text: '', agentId: expect.stringMatching(/^executor/) });
    await client.received('task.progress', ({ taskId: id, text }) => id === taskId && text === 'at b');
  });

  it('are refined from what is stored, without doing a step again', async () => {
    const run = newId();
    const { messageId, taskId, conversationId } = await begin(`diamond ${run}`);
    // Who reads the report can answer it at once.
    await answerTo(messageId, isReport);
    const refineId = say(`refine ${run}`, { conversationId });
    const again = await answerTo(refineId, isReport);
    expect(again.text).toBe(reportOf(run, 2));
    expect(linesOf(begun(run, dir)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'report', 'report-2']);
    const { rounds } = await taskOf(taskId);
    expect(rounds.map(({ reportMessageId }) => reportMessageId)).toContain(again.id);
  });

  it('try a step again that failed, as often as the plan says', async () => {
    const run = newId();
    const { messageId, taskId } = await begin(`flaky ${run}`);
    await answerTo(messageId, isReport);
    const { plan } = await taskOf(taskId);
    expect(plan[0]).toMatchObject({ id: 'a', attempt: 3, state: 'done' });
  });

  it('fail with the reason when a step fails for good, and say so', async () => {
    const run = newId();
    const { messageId, taskId } = await begin(`failing ${run}`);
    await inState(taskId, 'FAILED');
    const said = await answerTo(messageId, ({ text }) => text.includes('failed'));
    expect(said.text).toContain('attempt 2 was to fail');
    const task = await taskOf(taskId);
    expect(task).toMatchObject({ state: 'FAILED', error: { code: 'agent_failed' } });
    expect(task.plan.map(({ state }) => state)).toEqual(['done', 'failed', 'cancelled']);
  });

  it('let a step wait for an agent of a group that nobody has seen yet', async () => {
    const run = newId();
    const { messageId, taskId } = await begin(`late ${run}`);
    const { task } = await client.received(
      'task.update',
      (frame) => frame.task.id === taskId && frame.task.plan[0]?.error !== undefined,
    );
    expect(task.plan[0]).toMatchObject({ state: 'pending', attempt: 0, error: { code: 'no_agent_online' } });
    const env = { TASK_DIR: system.dataDir, TASK_GROUP: 'latecomer' };
    await system.startAgent({ file: executor, id: 'latecomer', env });
    await answerTo(messageId, isReport);
    expect((await taskOf(taskId)).plan[0]).toMatchObject({ state: 'done', attempt: 1 });
    expect(linesOf(begun(run, dir))).toEqual(['a', 'report']);
  });

  it('fail a step that takes longer than its time', async () => {
    const { taskId } = await begin(`slow ${newId()}`);
    const { task } = await inState(taskId, 'FAILED');
    expect(task.error?.message).toContain('took longer than 0.3 s');
  });

  it('are cancelled by frame while steps run, which stops those too', async () => {
    const run = newId();
    const { messageId, taskId } = await begin(`diamond ${run} b`);
    await eventually(() => readFileSync(reached(run, 'b', dir)));
    client.send({ type: 'task.cancel', taskId });
    const { task } = await inState(taskId, 'CANCELLED');
    expect(task.plan.map(({ state }) => state)).toEqual([
      'done',
      'cancelled',
      expect.stringMatching(/done|cancelled/),
      'cancelled',
      'cancelled',
    ]);
    await answerTo(messageId, ({ text }) => text.includes('was cancelled'));
    writeFileSync(gate(run, 'b', dir), '');
    expect(linesOf(begun(run, dir))).not.toContain('d');
    expect((await taskOf(taskId)).state).toBe('CANCELLED');
  });

  it('are known to the agents of their conversation', async () => {
    const run = newId();
    const { taskId, conversationId } = await begin(`diamond ${run} b`);
    await eventually(() => readFileSync(reached(run, 'b', dir)));
    expect((await answerTo(say('status', { conversationId }))).text).toBe('EXECUTING');
    expect((await answerTo(say('status'))).text).toBe('no task');
    expect((await answerTo(say('cancel', { conversationId }))).text).toBe('CANCELLED');
    expect((await taskOf(taskId)).state).toBe('CANCELLED');
  });

  it('are shown to who opens the conversation later', async () => {
    const run = newId();
    const { taskId, conversationId } = await begin(`diamond ${run}`);
    await inState(taskId, 'REFINEMENT_READY');
    const late = await connectRaw(system.webSocketUrl);
    late.send({ type: 'conversation.open', conversationId });
    const { task } = await late.received('task.update');
    expect(task).toMatchObject({ id: taskId, state: 'REFINEMENT_READY' });
    late.terminate();
  });
});

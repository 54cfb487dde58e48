import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentCaller, VersionedTask } from '@parley/control-plane';
import { advance, checkPlan, stepMessageId, type TaskEvent } from '@parley/durable-tasks';
import { eventually } from '@parley/messaging/test-queue';
import { type ChatMessage, newId, ParleyError, type ServerFrame } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createSubmissions } from '../requests/submit.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { cancelTask } from './cancel-task.ts';
import { createTaskHandlers } from './task-handlers.ts';
import { saveTask } from './task-records.ts';

describe('tasks of agents', () => {
  let fixture: ServicesFixture;
  let handlers: ReturnType<typeof createTaskHandlers>;
  let planner: AgentCaller;
  let stranger: AgentCaller;
  beforeAll(async () => {
    fixture = await makeServices();
    handlers = createTaskHandlers(fixture.services);
    planner = { agentId: 'planner', incarnation: await fixture.register('planner') };
    stranger = { agentId: 'stranger', incarnation: await fixture.register('stranger') };
    await fixture.register('executor');
  });
  afterAll(async () => {
    await fixture?.remove();
  });

  /** A message of the local user that was routed to the agent. */
  const routed = async (agentId = 'planner', conversationId = newId()): Promise<ChatMessage> => {
    const message = await fixture.accept('Compare Apple and Tesla', { conversationId });
    await fixture.give(message, agentId);
    return message;
  };
  const create = async (request?: ChatMessage): Promise<VersionedTask & { request: ChatMessage }> => {
    const asked = request ?? (await routed());
    const fields = { id: newId(), requestId: asked.id, title: 'Stocks', text: asked.text };
    return { ...(await handlers.createTask({ ...planner, ...fields })), request: asked };
  };
  const claimed = async (id: string): Promise<VersionedTask> => {
    for (;;) {
      const { tasks } = await handlers.claimTasks({ ...planner, limit: 20 });
      const found = tasks.find(({ document }) => document.id === id);
      if (found !== undefined) return found;
      if (tasks.length === 0) throw new Error('it was not to be had');
    }
  };
  const plan = (group = 'executor'): TaskEvent => ({
    type: 'planned',
    plan: checkPlan({ steps: [{ id: 'a', title: 'Do a', group }], aggregate: { title: 'R', group } }, []),
  });
  /** Stored with the step `a` as running. */
  const running = async (group?: string): Promise<VersionedTask> => {
    const { document } = await create();
    const { token, version, document: before } = await claimed(document.id);
    const events: TaskEvent[] = [plan(group), { type: 'begun', stepIds: ['a'] }];
    const next = events.reduce((task, event) => advance(task, event, Date.now()), before);
    return handlers.saveTask({ ...planner, document: next, expectedVersion: version, token });
  };

  it('are begun for a message in hand, in its conversation, for whom it belongs to', async () => {
    const { document, request, version } = await create();
    expect(version).toBe(1);
    expect(document).toMatchObject({
      conversationId: request.conversationId,
      ownerId: LOCAL_USER.id,
      user: { kind: 'user', id: LOCAL_USER.id },
      group: 'planner',
      state: 'PLANNING',
      rounds: [{ round: 1, requestId: request.id, text: request.text }],
    });
  });

  it('are begun once for each id', async () => {
    const { document, request } = await create();
    const again = { ...planner, id: document.id, requestId: request.id, title: 'Other', text: 'other' };
    expect((await handlers.createTask(again)).document).toEqual(document);
    const elsewhere = await routed();
    await expect(handlers.createTask({ ...again, requestId: elsewhere.id })).rejects.toMatchObject({
      code: 'id_conflict',
    });
  });

  it('are begun by nobody who does not have the message in hand', async () => {
    const request = await routed();
    const fields = { id: newId(), requestId: request.id, title: 'T', text: 'x' };
    await expect(handlers.createTask({ ...stranger, ...fields })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const stale = { ...planner, incarnation: planner.incarnation - 1 };
    await expect(handlers.createTask({ ...stale, ...fields })).rejects.toMatchObject({
      code: 'stale_incarnation',
    });
  });

  it('are driven, and looked at as a driver does, by their group alone', async () => {
    const { document } = await running();
    const { id } = document;
    const lease = { id, token: 1 };
    const attempt = { lease, stepId: 'a', attempt: 1 };
    const forbidden = { code: 'forbidden' };
    await expect(handlers.getTask({ ...stranger, id })).rejects.toMatchObject(forbidden);
    await expect(handlers.releaseTask({ ...stranger, lease })).rejects.toMatchObject(forbidden);
    await expect(
      handlers.saveTask({ ...stranger, document, expectedVersion: 2, token: 1 }),
    ).rejects.toMatchObject(forbidden);
    for (const isCancellation of [false, true]) {
      const asked = { ...stranger, ...attempt, timeoutMs: 1, isCancellation };
      await expect(handlers.runStep(asked, new AbortController())).rejects.toMatchObject(forbidden);
    }
    expect((await handlers.claimTasks({ ...stranger, limit: 20 })).tasks).toEqual([]);
  });

  it('are seen and cancelled by agents that are in their conversation, and by no other ones', async () => {
    const { document, request } = await create();
    const inside = await routed('stranger', request.conversationId);
    const outside = await routed('stranger');
    const listed = await handlers.listTasks({ ...stranger, requestId: inside.id, limit: 5 });
    expect(listed.map((task) => task.document.id)).toEqual([document.id]);
    expect(await handlers.listTasks({ ...stranger, requestId: outside.id, limit: 5 })).toEqual([]);
    const wanted = { ...stranger, id: document.id };
    await expect(handlers.cancelTask({ ...wanted, requestId: outside.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const cancelled = await handlers.cancelTask({ ...wanted, requestId: inside.id });
    expect(cancelled.document.state).toBe('CANCELLED');
  });

  it('are refined in their conversation only, and only when their report is there', async () => {
    const { document, request } = await create();
    const refine = { ...planner, id: document.id, text: 'Only Tesla' };
    const elsewhere = await routed();
    await expect(handlers.refineTask({ ...refine, requestId: elsewhere.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(handlers.refineTask({ ...refine, requestId: request.id })).resolves.toMatchObject({
      version: 1,
    });
    const next = await routed('planner', request.conversationId);
    await expect(handlers.refineTask({ ...refine, requestId: next.id })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { state: 'PLANNING' },
    });
  });

  it('keep the results that they have, whatever a driver wants to store', async () => {
    const { document, version, token } = await running();
    const done: TaskEvent = { type: 'done', stepId: 'a', attempt: 1, agentId: 'executor', result: 'first' };
    const next = advance(document, done, Date.now());
    const saved = await handlers.saveTask({ ...planner, document: next, expectedVersion: version, token });
    const forged = advance(document, { ...done, result: 'second' }, Date.now());
    await expect(
      handlers.saveTask({ ...planner, document: forged, expectedVersion: saved.version, token }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(
      handlers.saveTask({ ...planner, document: forged, expectedVersion: version, token }),
    ).rejects.toMatchObject({ code: 'id_conflict' });
  });

  it('dispatch a step once, as a message to its group with what it needs, and only under the lease', async () => {
    const { document, token } = await running();
    const lease = { id: document.id, token };
    const { signal } = new AbortController();
    const run = (more: object = {}) =>
      handlers.runStep(
        { ...planner, lease, stepId: 'a', attempt: 1, timeoutMs: 20, isCancellation: false, ...more },
        { signal },
      );
    const timeouts = await Promise.allSettled([run(), run()]);
    for (const each of timeouts) expect(each).toMatchObject({ reason: { code: 'agent_timeout' } });
    const travelling = await fixture.store.takeOutbox({ limit: 1000, olderThanMs: 0, leaseMs: 0 });
    const steps = await Promise.all(
      (await fixture.store.listTravelling({ after: '', limit: 1000 }))
        .map(({ messageId }) => messageId)
        .concat(travelling.map(({ message }) => message.id))
        .map((id) => fixture.store.getMessage(id)),
    );
    const asked = new Map(steps.map((found) => [found?.message.id, found?.message] as const));
    const [step, ...others] = [...asked.values()].filter(
      (message) => (message?.metadata?.step as { taskId?: string } | undefined)?.taskId === document.id,
    );
    expect(others).toEqual([]);
    expect(step).toMatchObject({
      text: 'Do a',
      sender: { kind: 'agent', id: 'planner' },
      metadata: {
        step: { stepId: 'a', attempt: 1, results: {} },
        ask: { user: { id: LOCAL_USER.id }, chain: [{ group: 'planner' }] },
      },
    });
    for (const wrong of [{ attempt: 2 }, { stepId: 'report' }, { lease: { ...lease, token: token + 1 } }]) {
      await expect(run(wrong)).rejects.toMatchObject({ code: 'id_conflict' });
    }
  });

  it('dispatch no step to a group of which nobody is online, and tell so', async () => {
    const { document, token } = await running('nobody');
    const lease = { id: document.id, token };
    const { signal } = new AbortController();
    const run = handlers.runStep(
      { ...planner, lease, stepId: 'a', attempt: 1, timeoutMs: 20, isCancellation: false },
      { signal },
    );
    const messageId = stepMessageId(document.id, { id: 'a', attempt: 1 });
    await expect(run).rejects.toMatchObject({ code: 'no_agent_online', details: { askId: messageId } });
    expect(await fixture.store.getMessage(messageId)).toBeUndefined();
  });

  it('are given back at once where one answer cannot hold them', async () => {
    const caller = { agentId: 'hoarder', incarnation: await fixture.register('hoarder') };
    for (let count = 0; count < 4; count++) {
      const request = await routed('hoarder');
      const input = 'x'.repeat(900_000);
      await handlers.createTask({
        ...caller,
        id: newId(),
        requestId: request.id,
        title: 'T',
        text: 'x',
        input,
      });
    }
    const claim = async (): Promise<string[]> =>
      (await handlers.claimTasks({ ...caller, limit: 20 })).tasks.map(({ document }) => document.id);
    const [first, second] = [await claim(), await claim()];
    expect([first.length, second.length]).toEqual([3, 1]);
    expect(new Set([...first, ...second]).size).toBe(4);
  });

  it('stop the agents at their steps when they are cancelled, and stay as they are when they are over', async () => {
    const { document, token } = await running();
    const lease = { id: document.id, token };
    const stop = new AbortController();
    const waiting = handlers.runStep(
      { ...planner, lease, stepId: 'a', attempt: 1, timeoutMs: 30_000, isCancellation: false },
      stop,
    );
    waiting.catch(() => {});
    const messageId = stepMessageId(document.id, { id: 'a', attempt: 1 });
    await eventually(async () => expect(await fixture.store.getMessage(messageId)).toBeDefined());
    const cancelled = await cancelTask(fixture.services, document.id);
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(await cancelTask(fixture.services, document.id)).toEqual(cancelled);
  });

  it('stop them also when they are cancelled again, after the store was away in between', async () => {
    const { document, token } = await running();
    const { services } = fixture;
    const attempt = {
      lease: { id: document.id, token },
      stepId: 'a',
      attempt: 1,
      timeoutMs: 20,
      isCancellation: false,
    };
    await handlers.runStep({ ...planner, ...attempt }, new AbortController()).catch(() => {});
    const getMessage = () => Promise.reject(new ParleyError('store_unavailable', 'The store is away.'));
    const away = { ...services, store: { ...services.store, getMessage } };
    await expect(cancelTask(away, document.id)).rejects.toMatchObject({ code: 'store_unavailable' });
    const cancelled = await cancelTask(services, document.id);
    expect(cancelled).toMatchObject({ version: 3, document: { state: 'CANCELLED' } });
    const messageId = stepMessageId(document.id, { id: 'a', attempt: 1 });
    expect((await fixture.store.getMessage(messageId))?.status).toMatchObject({
      status: 'failed',
      error: { code: 'cancelled' },
    });
  });

  it('stop the agents at their steps when their driver gives them up', async () => {
    const { document, token, version } = await running();
    const attempt = {
      lease: { id: document.id, token },
      stepId: 'a',
      attempt: 1,
      timeoutMs: 30_000,
      isCancellation: false,
    };
    const waiting = handlers.runStep({ ...planner, ...attempt }, new AbortController());
    waiting.catch(() => {});
    const messageId = stepMessageId(document.id, { id: 'a', attempt: 1 });
    await eventually(async () => expect(await fixture.store.getMessage(messageId)).toBeDefined());
    const error = { code: 'agent_failed', message: 'no' };
    const next = advance(document, { type: 'broken', error }, Date.now());
    const save = { ...planner, document: next, expectedVersion: version, token };
    await handlers.saveTask(save);
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect((await fixture.store.getMessage(messageId))?.status).toMatchObject({ status: 'failed' });
  });

  it('stop them also when the save is repeated, after a server that died in between', async () => {
    const { document, token, version } = await running();
    const attempt = {
      lease: { id: document.id, token },
      stepId: 'a',
      attempt: 1,
      timeoutMs: 20,
      isCancellation: false,
    };
    await handlers.runStep({ ...planner, ...attempt }, new AbortController()).catch(() => {});
    const error = { code: 'agent_failed', message: 'no' };
    const next = advance(document, { type: 'broken', error }, Date.now());
    await saveTask(fixture.services, next, { expectedVersion: version, token });
    await handlers.saveTask({ ...planner, document: next, expectedVersion: version, token });
    const messageId = stepMessageId(document.id, { id: 'a', attempt: 1 });
    expect((await fixture.store.getMessage(messageId))?.status).toMatchObject({ status: 'failed' });
  });

  it('stop a step that was on its way into the queue while another server cancelled them', async () => {
    const { document, token } = await running();
    const { services } = fixture;
    const { id } = document;
    // The cancellation comes between the look at the task and the storing of the message, which the other does not know of.
    const other = { ...services, submissions: createSubmissions() };
    const room = async (): Promise<void> => {
      await services.relay.room();
      await cancelTask(other, id);
    };
    const late = createTaskHandlers({ ...services, relay: { ...services.relay, room } });
    const attempt = { lease: { id, token }, stepId: 'a', attempt: 1, timeoutMs: 100, isCancellation: false };
    const run = late.runStep({ ...planner, ...attempt }, new AbortController());
    await expect(run).rejects.toMatchObject({ code: 'id_conflict' });
    const messageId = stepMessageId(id, { id: 'a', attempt: 1 });
    expect((await fixture.store.getMessage(messageId))?.status).toMatchObject({
      status: 'failed',
      error: { code: 'cancelled' },
    });
  });

  it('are shown to who follows the conversation, with each change', async () => {
    const request = await routed();
    const seen: ServerFrame[] = [];
    const subscription = fixture.services.hub.follow({
      conversationId: request.conversationId,
      afterSeq: request.seq,
      onFrame: ({ frame }) => seen.push(frame),
    });
    const { document } = await create(request);
    await cancelTask(fixture.services, document.id);
    const updates = seen.flatMap((frame) => (frame.type === 'task.update' ? [frame.task] : []));
    expect(updates.map(({ state, version }) => `${version} ${state}`)).toEqual(['1 PLANNING', '2 CANCELLED']);
    subscription.stop();
  });
});

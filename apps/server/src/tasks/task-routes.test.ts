import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isOpen, newTask, TaskDocument } from '@parley/durable-tasks';
import { newId, Task, TaskDetail, TaskPage } from '@parley/shared-models';
import { AUTH_SECRET, signToken } from '../../../../tests/harness/sign-token.ts';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from '../http/create-app.ts';
import { registerRoutes } from '../http/register-routes.ts';
import { listTaskViews, viewText } from './task-records.ts';

describe('/api/tasks', () => {
  let fixture: ServicesFixture;
  let app: App;
  let url: string;
  beforeAll(async () => {
    fixture = await makeServices({ AUTH_SECRET });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    await registerRoutes(app, fixture.services, () => false);
    await app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/tasks`;
  });
  afterAll(async () => {
    await app?.close();
    await fixture?.remove();
  });

  const add = async (ownerId: string, conversationId = newId()): Promise<string> => {
    const id = newId();
    const user = { kind: 'user', id: ownerId, name: ownerId } as const;
    const fields = { id, conversationId, group: 'planner', ownerId, user, title: `Of ${ownerId}`, text: 'x' };
    const document = newTask({ ...fields, requestId: newId() }, new Date().toISOString());
    const row = { id, conversationId, group: 'planner', ownerId, isOpen: isOpen(document) };
    await fixture.store.tasks.add({ ...row, document: JSON.stringify(document), view: viewText(document) });
    return id;
  };
  const ask = async (path: string, who: string, role = 'member', method = 'GET') => {
    const authorization = `Bearer ${await signToken(who, role)}`;
    const response = await fetch(url + path, { method, headers: { authorization } });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const idsOf = async (path: string, who: string, role?: string): Promise<string[]> =>
    TaskPage.parse((await ask(path, who, role)).body).tasks.map(({ id }) => id);

  it("lists one's own, newest first, by page and by conversation", async () => {
    const conversationId = newId();
    const [one, two, three] = [await add('ada'), await add('ada', conversationId), await add('ada')];
    await add('bob', conversationId);
    expect(await idsOf('', 'ada')).toEqual([three, two, one]);
    expect(await idsOf(`?limit=1&before=${three}`, 'ada')).toEqual([two]);
    expect(await idsOf(`?conversationId=${conversationId}`, 'ada')).toEqual([two]);
  });

  it('lists from what is stored beside the documents, and without that from the documents', async () => {
    const [one, two] = [await add('fred'), await add('fred')];
    const { tasks } = fixture.store;
    const stored = await tasks.get(two);
    const task = { id: two, isOpen: true, document: '{"broken":true}', expectedVersion: 1 };
    const view = viewText(TaskDocument.parse({ ...JSON.parse(stored?.document ?? ''), title: 'Seen' }));
    await tasks.save({ ...task, view });
    const listViews: typeof tasks.listViews = async (query) =>
      (await tasks.listViews(query)).map((each) => (each.id === one ? { ...each, view: undefined } : each));
    const store = { ...fixture.store, tasks: { ...tasks, listViews } };
    expect(await listTaskViews({ store }, { ownerId: 'fred', limit: 5 })).toMatchObject([
      { id: two, title: 'Seen', version: 2, state: 'PLANNING' },
      { id: one, title: 'Of fred', version: 1 },
    ]);
    expect(await idsOf('', 'fred')).toEqual([two, one]);
  });

  it("lists everybody's to operators only", async () => {
    const id = await add('carol');
    expect(await idsOf('?all=true', 'olga', 'operator')).toContain(id);
    expect(await ask('?all=true', 'ada')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('shows and cancels a task to who has it and to operators, and to nobody else', async () => {
    const id = await add('dora');
    expect(TaskDetail.parse((await ask(`/${id}`, 'dora')).body)).toMatchObject({
      id,
      title: 'Of dora',
      rounds: [{ round: 1, text: 'x' }],
    });
    for (const [path, method] of [
      [`/${id}`, 'GET'],
      [`/${id}/cancel`, 'POST'],
    ] as const) {
      expect(await ask(path, 'eve', 'member', method)).toMatchObject({ status: 403 });
    }
    expect((await ask(`/${id}`, 'olga', 'operator')).status).toBe(200);
    expect(await ask(`/${id}/cancel`, 'dora', 'viewer', 'POST')).toMatchObject({ status: 403 });
    expect(Task.parse((await ask(`/${id}/cancel`, 'dora', 'member', 'POST')).body).state).toBe('CANCELLED');
    expect(await ask(`/${newId()}`, 'dora')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventThreadPage, LIMITS, newId, type PublishedEvent } from '@parley/shared-models';
import { AUTH_SECRET, signToken } from '../../../../tests/harness/sign-token.ts';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from '../http/create-app.ts';
import { registerRoutes } from '../http/register-routes.ts';

describe('GET /api/event-threads', () => {
  let fixture: ServicesFixture;
  let app: App;
  beforeEach(async () => {
    fixture = await makeServices({ AUTH_SECRET });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    await registerRoutes(app, fixture.services, () => false);
  });
  afterEach(async () => {
    await app.close();
    await fixture.remove();
  });

  const log = async (type: string, more: Partial<PublishedEvent> & { ownerId?: string } = {}) => {
    const { ownerId = 'ada', ...fields } = more;
    const event: PublishedEvent = {
      id: newId(),
      type,
      payload: null,
      source: { kind: 'agent', id: 'books', name: 'Books' },
      at: '2026-01-31T09:30:00.000Z',
      ...fields,
    };
    const { logged } = await fixture.store.events.append(
      { channel: 'human', event, ownerId },
      { isForOutbox: false },
    );
    return logged;
  };
  const threads = async (query = '', sub = 'ada', role = 'member') => {
    const authorization = `Bearer ${await signToken(sub, role)}`;
    const url = `/api/event-threads?type=asked&${query}`;
    const response = await app.inject({ url, headers: { host: 'localhost', authorization } });
    return EventThreadPage.parse(response.json());
  };
  const numbersOf = (page: EventThreadPage) =>
    page.threads.map((thread) => thread.map(({ number }) => number));

  it('begins each thread with its first event, also where an effect was logged before it', async () => {
    const id = newId();
    const effect = await log('done', { causationId: id, correlationId: id });
    const other = await log('asked');
    const first = await log('asked', { id });
    const page = await threads('limit=1');
    expect(numbersOf(page)).toEqual([[first.number, effect.number]]);
    expect(page.hasMore).toBe(true);
    const rest = await threads(`limit=1&before=${first.number}`);
    expect(numbersOf(rest)).toEqual([[other.number]]);
    expect(rest.hasMore).toBe(false);
  });

  it('has the first and the last events of a long thread', async () => {
    const { number, event } = await log('asked');
    const cause = { causationId: event.id, correlationId: event.id };
    for (let count = 0; count < LIMITS.threadEvents; count++) await log('seen', cause);
    const last = await log('done', cause);
    const [[thread = []]] = [numbersOf(await threads())];
    expect([thread.length, thread[0], thread.at(-1)]).toEqual([LIMITS.threadEvents, number, last.number]);
    expect(thread[1]).toBe(number + 3);
  });

  it('is bounded as a whole, and goes on with the next page', async () => {
    const payload = 'x'.repeat(250_000);
    for (let count = 0; count < 5; count++) await log('asked', { payload });
    const page = await threads();
    expect(page.threads).toHaveLength(4);
    expect(page.hasMore).toBe(true);
    const rest = await threads(`before=${page.threads.at(-1)?.[0]?.number}`);
    expect([rest.threads.length, rest.hasMore]).toEqual([1, false]);
  });

  it('has of a thread that is too long by itself its first event', async () => {
    const { number, event } = await log('asked');
    const payload = 'x'.repeat(250_000);
    for (let count = 0; count < 5; count++)
      await log('seen', { causationId: event.id, correlationId: event.id, payload });
    expect(numbersOf(await threads())).toEqual([[number]]);
  });

  it("shows people's own events only, and operators all", async () => {
    const { number, event } = await log('asked');
    const secret = await log('seen', { causationId: event.id, correlationId: event.id, ownerId: 'bob' });
    expect(numbersOf(await threads())).toEqual([[number]]);
    expect(numbersOf(await threads('', 'bob'))).toEqual([]);
    expect(numbersOf(await threads('', 'olga', 'operator'))).toEqual([[number, secret.number]]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HealthReport } from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../../../testing/server-fixture.ts';
import { type App, createApp } from '../create-app.ts';
import { registerRoutes } from '../register-routes.ts';

describe('the health routes', () => {
  let fixture: ServicesFixture;
  let app: App;
  let isDraining = false;

  beforeEach(async () => {
    fixture = await makeServices({}, { publishTimeoutMs: 200 });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    isDraining = false;
    await registerRoutes(app, fixture.services, () => isDraining);
  });
  afterEach(async () => {
    await app.close();
    await fixture.remove();
  });

  const get = async (url: string): Promise<[number, HealthReport]> => {
    const response = await app.inject({ url, headers: { host: 'localhost' } });
    return [response.statusCode, HealthReport.parse(response.json())];
  };
  const joinBroker = (): void => {
    fixture.services.brokers.register('b-1', 'broker');
    fixture.services.brokers.setConnected('b-1', true);
  };

  it('say that all is well', async () => {
    await fixture.register('echo');
    joinBroker();
    const [status, report] = await get('/health');
    expect(status).toBe(200);
    expect(report).toMatchObject({
      status: 'ok',
      queue: { kind: 'embedded', state: 'up' },
      store: { kind: 'sqlite', state: 'up' },
      brokers: 1,
      agents: { online: 1, known: 1 },
    });
    expect((await get('/ready'))[0]).toBe(200);
  });

  it('are not ready without a broker', async () => {
    expect((await get('/health'))[0]).toBe(200);
    expect((await get('/ready'))[0]).toBe(503);
  });

  it('are not ready while the server is going down', async () => {
    joinBroker();
    isDraining = true;
    expect((await get('/health'))[0]).toBe(200);
    expect((await get('/ready'))[0]).toBe(503);
  });

  it('say when the store is gone', async () => {
    joinBroker();
    await fixture.store.close();
    const [status, report] = await get('/health');
    expect(status).toBe(503);
    expect(report).toMatchObject({
      status: 'degraded',
      store: { state: 'down', reason: expect.any(String) },
    });
    expect((await get('/ready'))[0]).toBe(503);
  });

  it('say when the queue is gone', async () => {
    joinBroker();
    await fixture.bus.close();
    const [status, report] = await get('/health');
    expect(status).toBe(503);
    expect(report).toMatchObject({
      status: 'degraded',
      queue: { state: 'down', reason: expect.any(String) },
    });
    expect((await get('/ready'))[0]).toBe(503);
  });

  it('count the agents that are online among those that are known', async () => {
    await fixture.register('echo');
    await fixture.register('hr');
    await fixture.services.agents.want('hr', 'paused');
    expect((await get('/health'))[1].agents).toEqual({ online: 1, known: 2 });
  });
});

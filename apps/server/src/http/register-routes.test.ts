import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PERMISSIONS } from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from './create-app.ts';
import { registerRoutes } from './register-routes.ts';

/** Routes that the libraries add: answers to HEAD, the files of the reference and of the web app. */
const isOfOthers = (method: string, url: string): boolean =>
  method === 'HEAD' || url.startsWith('/docs') || url === '/*';

describe('the routes of the server', () => {
  let fixture: ServicesFixture;
  let app: App;
  beforeAll(async () => {
    fixture = await makeServices();
  });
  afterAll(async () => {
    await app.close();
    await fixture.remove();
  });

  it('stand in docs/protocol.md, each with the role that it needs, and no others', async () => {
    const { services } = fixture;
    app = await createApp(services.config, silent, services.authenticator);
    const routes: string[] = [];
    app.addHook('onRoute', ({ method, url, config }) => {
      const action = config?.action ?? 'public';
      const role = action === 'public' ? action : PERMISSIONS[action];
      for (const each of [method].flat()) {
        if (!isOfOthers(each, url)) routes.push(`${each} ${url} for ${role}`);
      }
    });
    await registerRoutes(app, services, () => false);
    await app.ready();
    const document = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
    const rows = document.matchAll(/^\| `([A-Z]+ \/\S*)` \| (\w+) \|/gm);
    const documented = [...rows].map(([, route, role]) => `${route} for ${role}`);
    expect(documented.filter((route) => !route.startsWith('GET /docs')).sort()).toEqual(routes.sort());
  });
});

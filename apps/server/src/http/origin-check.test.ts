import { afterEach, describe, expect, it } from '@jest/globals';
import { silent, testConfig } from '../../testing/server-fixture.ts';
import { createAuthenticator } from '../users/authenticator.ts';
import { type App, createApp } from './create-app.ts';

let app: App | undefined;
afterEach(() => app?.close());

async function call(
  settings: Record<string, string>,
  headers: Record<string, string>,
  method: 'GET' | 'POST' = 'POST',
): Promise<number> {
  const config = testConfig(settings);
  app = await createApp(config, silent, createAuthenticator(config, undefined));
  app.get('/it', { config: { action: 'public' } }, () => 'read');
  app.post('/it', { config: { action: 'public' } }, () => 'written');
  const response = await app.inject({ method, url: '/it', headers });
  await app.close();
  return response.statusCode;
}

describe('a server for this machine only', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '127.0.0.2', '[::1]:8080', 'LOCALHOST:8080'])(
    'answers by the name %s',
    async (host) => {
      expect(await call({}, { host })).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'server',
  ])('refuses to be called %j, since a web site may have pointed that name here', async (host) => {
    expect(await call({}, { host })).toBe(403);
    expect(await call({}, { host }, 'GET')).toBe(403);
  });

  it('goes by the name of an allowed origin', async () => {
    const settings = { ALLOWED_ORIGINS: 'https://parley.example' };
    expect(await call(settings, { host: 'parley.example', origin: 'https://parley.example' })).toBe(200);
  });
});

describe('a server that others reach', () => {
  const open = { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' };

  it.each(['192.168.1.5:8080', '[fd00::5]:8080', 'localhost:8080', 'server:8080'])(
    'answers by %s',
    async (host) => {
      expect(await call(open, { host, origin: `http://${host}` })).toBe(200);
    },
  );

  it('refuses a name that any web site could point at it', async () => {
    const host = 'evil.example:8080';
    expect(await call(open, { host, origin: `http://${host}` })).toBe(403);
    expect(await call(open, { host }, 'GET')).toBe(403);
  });

  it('answers by the name that it listens on, and by those of allowed origins', async () => {
    expect(await call({ ...open, HOST: 'parley.lan' }, { host: 'parley.lan:8080' })).toBe(200);
    const settings = { ...open, ALLOWED_ORIGINS: 'nonsense, https://parley.example:8443' };
    expect(await call(settings, { host: 'parley.example' })).toBe(200);
  });
});

describe('a browser', () => {
  const host = 'localhost:8080';

  it.each([
    ['our own page', 'http://localhost:8080', 200],
    ['an origin that is not allowed, which belongs to some development server', 'http://localhost:5173', 403],
    ['another site', 'https://evil.example', 403],
    ['another port of this machine', 'http://localhost:3000', 403],
    ['our own name over another protocol', 'https://localhost:8080', 403],
    ['a page without an origin of its own', 'null', 403],
  ])('may write from %s: %s', async (_from, origin, status) => {
    expect(await call({}, { host, origin })).toBe(status);
  });

  it('may write from an allowed origin', async () => {
    const settings = { ALLOWED_ORIGINS: ' http://localhost:5173 , https://parley.example,' };
    expect(await call(settings, { host, origin: 'http://localhost:5173' })).toBe(200);
    expect(await call(settings, { host, origin: '' })).toBe(403);
  });

  it('may read from another site what it will not be shown', async () => {
    expect(await call({}, { host, origin: 'https://evil.example' }, 'GET')).toBe(200);
  });

  it('may not open a WebSocket from another site', async () => {
    const headers = { host, origin: 'https://evil.example', upgrade: 'websocket', connection: 'upgrade' };
    expect(await call({}, headers, 'GET')).toBe(403);
  });
});

describe('a server behind a proxy that encrypts', () => {
  const host = '10.0.0.1';
  const forwarded = { host, origin: `https://${host}`, 'x-forwarded-proto': 'https' };
  const open = { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' };

  it('knows its own pages by what a proxy that it trusts says', async () => {
    expect(await call({ ...open, TRUST_PROXY: 'loopback, 10.1.0.0/16' }, forwarded)).toBe(200);
    expect(
      await call({ ...open, TRUST_PROXY: '127.0.0.1' }, { ...forwarded, origin: `http://${host}` }),
    ).toBe(403);
  });

  it('believes nobody else', async () => {
    expect(await call(open, forwarded)).toBe(403);
    expect(await call({ ...open, TRUST_PROXY: '10.1.0.0/16' }, forwarded)).toBe(403);
  });

  it('goes by a name that the proxy hands on when its origin is allowed', async () => {
    const settings = { ALLOWED_ORIGINS: 'https://parley.example', TRUST_PROXY: '127.0.0.1' };
    const headers = { ...forwarded, host: 'parley.example', origin: 'https://parley.example' };
    expect(await call(settings, headers)).toBe(200);
    expect(await call({ TRUST_PROXY: '127.0.0.1' }, headers)).toBe(403);
  });
});

describe('what is no browser', () => {
  it('may write, having no origin', async () => {
    expect(await call({}, { host: 'localhost:8080' })).toBe(200);
  });
});

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { boundedArray, ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import { silent, testConfig } from '../../testing/server-fixture.ts';
import { createAuthenticator } from '../users/authenticator.ts';
import { type App, createApp } from './create-app.ts';

const SECRET = 'a secret for the tests, 32 characters or more';
const HOST = 'host: localhost\r\n';

let app: App | undefined;
let port = 0;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.close();
  app = undefined;
});

async function start(
  settings: Record<string, string> = {},
  addRoutes: (app: App) => void = () => {},
): Promise<App> {
  const config = testConfig(settings);
  app = await createApp(config, silent, createAuthenticator(config, undefined));
  app.get('/page', { config: { action: 'public' } }, () => 'page');
  const body = z.object({ text: z.string() });
  app.post('/open', { config: { action: 'public' }, schema: { body } }, () => 'taken');
  app.post('/closed', { config: { action: 'conversations.write' }, schema: { body } }, () => 'taken');
  addRoutes(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
  return app;
}

/** A connection that sends this and then nothing; `ended` has all that came back, once the other side has closed it. */
function sending(text: string): { readonly socket: Socket; readonly ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  let received = '';
  socket.on('data', (data) => {
    received += String(data);
  });
  socket.write(text);
  return { socket, ended: once(socket, 'close').then(() => received) };
}

describe('an HTTP request that does not come to its end', () => {
  const slow = { REQUEST_TIMEOUT_MS: '400' };

  it.each([
    ['without a byte', '', 408],
    ['in its head', `POST /open HTTP/1.1\r\n${HOST}`, 408],
    [
      'in its body',
      `POST /open HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"te`,
      408,
    ],
    [
      'in a chunk of its body',
      `POST /open HTTP/1.1\r\n${HOST}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"te`,
      408,
    ],
  ])('is ended: %s', async (_, text, status) => {
    await start(slow);
    expect(await sending(text).ended).toMatch(new RegExp(`^HTTP/1.1 ${status} |^$`));
  });

  it.each([
    ['nobody has signed in', 401, `POST /closed HTTP/1.1\r\n${HOST}content-length: 100\r\n\r\n{`],
    [
      'it comes from a foreign site',
      403,
      `POST /open HTTP/1.1\r\n${HOST}origin: https://evil.example\r\ncontent-length: 100\r\n\r\n{`,
    ],
    [
      'it is too large',
      400,
      `POST /open HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{`,
    ],
    ['there is no such route', 404, `POST /nowhere HTTP/1.1\r\n${HOST}content-length: 100\r\n\r\n{`],
  ])('is answered, and its connection closed long before its time is over: %s', async (_, status, text) => {
    await start({ REQUEST_TIMEOUT_MS: '600000', AUTH_SECRET: SECRET });
    expect(await sending(text).ended).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('keeps its connection where the rest of it comes soon', async () => {
    await start({ AUTH_SECRET: SECRET });
    const { socket } = sending(`POST /closed HTTP/1.1\r\n${HOST}content-length: 4\r\n\r\n{`);
    const [refused] = await once(socket, 'data');
    expect(String(refused)).toMatch(/^HTTP\/1.1 401 /);
    socket.write(`   GET /page HTTP/1.1\r\n${HOST}\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('a body that is not JSON', () => {
  it.each([
    ['a form, as curl -d sends it', 'application/x-www-form-urlencoded'],
    ['text, which a foreign site may send without asking', 'text/plain'],
    ['a form with files', 'multipart/form-data; boundary=x'],
  ])('is refused with the content type that is wanted: %s', async (_, contentType) => {
    const { inject } = await start();
    const response = await inject({
      method: 'POST',
      url: '/open',
      headers: { host: 'localhost', 'content-type': contentType },
      payload: '{"text":"x"}',
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining('content-type: application/json'),
      details: { path: 'headers.content-type' },
    });
  });
});

describe('the headers that keep a browser from what no page of ours does', () => {
  const policy = (sockets: string): string =>
    [
      "default-src 'self'",
      "base-uri 'self'",
      "font-src 'self' https: data:",
      "form-action 'self'",
      "frame-ancestors 'self'",
      "img-src 'self' data:",
      "object-src 'none'",
      "script-src 'self'",
      "script-src-attr 'none'",
      "style-src 'self' 'unsafe-inline'",
      `connect-src 'self' ${sockets}`,
    ].join(';');
  const expected = (sockets: string) => ({
    'content-security-policy': policy(sockets),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'SAMEORIGIN',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0',
  });
  /** Headers that each answer has by itself. */
  const OWN = ['connection', 'content-length', 'content-type', 'date', 'keep-alive'];

  it.each([
    ['a page', '/page', 200, {}],
    ['what is not there', '/nowhere', 404, {}],
    ['what needs a sign-in', '/secret', 401, {}],
    ['a WebSocket of a foreign site', '/page', 403, { origin: 'https://evil.example', upgrade: 'websocket' }],
  ])('are there in the answer to %s', async (_, url, status, headers) => {
    const { inject } = await start({ AUTH_SECRET: SECRET }, (made) =>
      made.get('/secret', { config: { action: 'conversations.read' } }, () => 'secret'),
    );
    const response = await inject({ url, headers: { host: 'localhost:8080', ...headers } });
    expect(response.statusCode).toBe(status);
    const shown = Object.entries(response.headers).filter(([name]) => !OWN.includes(name));
    expect(Object.fromEntries(shown)).toEqual(expected('ws://localhost:8080 wss://localhost:8080'));
  });

  it('are there where a WebSocket is refused, and not where it is opened', async () => {
    await start({}, (made) => {
      const preValidation = async (): Promise<never> => {
        throw new ParleyError('forbidden', 'not here');
      };
      made.get('/open-socket', { websocket: true, config: { action: 'public' } }, (socket) => socket.close());
      made.get('/no-socket', { websocket: true, config: { action: 'public' }, preValidation }, (socket) =>
        socket.close(),
      );
    });
    const headersOf = async (path: string): Promise<string> => {
      const upgrade = `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n`;
      const { socket } = sending(`GET ${path} HTTP/1.1\r\n${HOST}${upgrade}\r\n`);
      const [answer] = await once(socket, 'data');
      return String(answer).toLowerCase();
    };
    const refused = await headersOf('/no-socket');
    expect(refused).toMatch(/^http\/1.1 403 /);
    for (const [name, value] of Object.entries(expected('ws://localhost wss://localhost')))
      expect(refused).toContain(`\r\n${name}: ${value.toLowerCase()}\r\n`);
    const opened = await headersOf('/open-socket');
    expect(opened).toMatch(/^http\/1.1 101 /);
    expect(opened).not.toContain('x-frame-options');
  });
});

describe('the content security policy', () => {
  const policyOf = async (headers: Record<string, string>, settings: Record<string, string> = {}) => {
    const { inject } = await start(settings);
    const response = await inject({ url: '/page', headers });
    const policy = String(response.headers['content-security-policy']);
    return /connect-src ([^;]*)/.exec(policy)?.[1];
  };

  it('lets a page connect to its own host only', async () => {
    expect(await policyOf({ host: 'localhost:8080' })).toBe(
      "'self' ws://localhost:8080 wss://localhost:8080",
    );
  });

  it('names the host that the page has, behind a trusted proxy', async () => {
    const headers = { host: 'localhost', 'x-forwarded-host': 'parley.example' };
    expect(await policyOf(headers, { TRUST_PROXY: 'loopback' })).toBe(
      "'self' ws://parley.example wss://parley.example",
    );
    await app?.close();
    expect(await policyOf(headers)).toBe("'self' ws://localhost wss://localhost");
  });

  it('cannot be widened by the name that a request gives', async () => {
    const headers = { host: 'localhost', 'x-forwarded-host': 'evil.example; script-src *' };
    expect(await policyOf(headers, { TRUST_PROXY: 'loopback' })).toBe("'self' 'self' 'self'");
  });
});

it('answers with what is checked before it is read, such as the candidates of a decision', async () => {
  const config = testConfig({});
  app = await createApp(config, silent, createAuthenticator(config, undefined));
  const response = { 200: z.object({ names: boundedArray(z.string(), 2) }) };
  app.get('/api/names', { config: { action: 'public' }, schema: { response } }, () => ({
    names: ['a', 'b'],
  }));
  const answer = await app.inject({ url: '/api/names', headers: { host: 'localhost' } });
  expect([answer.statusCode, answer.json()]).toEqual([200, { names: ['a', 'b'] }]);
});

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createControlPlaneClient, type RegisterAgentResponse } from '@parley/control-plane';
import { createLogger } from '@parley/process-kit';
import { AgentProfile, newId } from '@parley/shared-models';
import { freePort } from '../harness/free-port.ts';
import { asOtherAccount, hasOtherAccount } from '../harness/other-account.ts';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { runCli } from '../harness/run-cli.ts';

/** Everything over HTTP that is for somebody who is known. */
const ROUTES = [
  'GET /api/agents',
  'GET /api/conversations',
  'GET /api/audit',
  'GET /metrics',
  'GET /user/local/files',
  'POST /api/commands',
  'POST /api/queues/reset',
];

interface Attempt {
  readonly statuses: Record<string, number>;
  readonly message: string;
  readonly info: { readonly signIn: string };
  readonly socket: { readonly types: readonly string[]; readonly code: number; readonly message: string };
  readonly userSocket: { readonly isOpen: boolean };
  readonly grpc: { readonly status: string; readonly message: string };
}

/** What a process does that wants in, in CommonJS with nothing but Node.js: `token` may be empty. */
const ATTEMPT = `
const http2 = require('node:http2');
const [url, grpcPort, routes, token, more] = process.argv.slice(1);
const headers = { ...JSON.parse(more), ...(token === '' ? {} : { authorization: 'Bearer ' + token }) };
const field = (number, bytes) => Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
const text = (number, value) => field(number, Buffer.from(value));
(async () => {
  const statuses = {};
  let message = '';
  for (const route of JSON.parse(routes)) {
    const [method, path] = route.split(' ');
    const body = method === 'POST' ? { body: '{}' } : {};
    const type = method === 'POST' ? { 'content-type': 'application/json' } : {};
    const response = await fetch(url + path, { method, headers: { ...headers, ...type }, ...body });
    statuses[route] = response.status;
    const answer = await response.text();
    if (response.status === 401) message = JSON.parse(answer).message;
  }
  const info = await (await fetch(url)).json();
  const socket = await new Promise((resolve) => {
    const types = [];
    let said = '';
    const ws = new WebSocket(url.replace('http', 'ws') + '/ws', ['parley.v1']);
    ws.onopen = () => ws.send(JSON.stringify({ type: 'hello', clientName: 'x', ...(token === '' ? {} : { token }) }));
    ws.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      types.push(frame.type);
      if (frame.type === 'error') said = frame.message;
      if (frame.type === 'agents') ws.close(1000);
    };
    ws.onclose = ({ code }) => resolve({ types, code, message: said });
  });
  const userSocket = await new Promise((resolve) => {
    const ws = new WebSocket(url.replace('http', 'ws') + '/ws/ada' + (token === '' ? '' : '?token=' + token));
    ws.onopen = () => ws.close(1000);
    ws.onclose = ({ code }) => resolve({ isOpen: code === 1000 });
  });
  const grpc = await new Promise((resolve, reject) => {
    const session = http2.connect('https://127.0.0.1:' + grpcPort, { rejectUnauthorized: false });
    session.on('error', reject);
    const call = session.request({
      ':method': 'POST',
      ':path': '/parley.v1.AgentRegistrationService/RegisterAgent',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token === '' ? {} : { authorization: 'Bearer ' + token }),
    });
    const profile = Buffer.concat([text(1, 'Mallory'), text(2, 'mallory')]);
    const request = Buffer.concat([text(1, 'mallory'), text(3, 'one'), field(4, profile), text(5, 'embedded')]);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    const take = (fields) => {
      if (fields['grpc-status'] === undefined) return;
      resolve({ status: fields['grpc-status'], message: decodeURIComponent(fields['grpc-message'] ?? '') });
      session.close();
    };
    call.on('response', take);
    call.on('trailers', take);
    call.resume();
    call.end(Buffer.concat([head, request]));
  });
  done({ statuses, message, info, socket, userSocket, grpc });
})().catch((error) => { console.error(error); process.exit(1); });
`;

/** With TLS for gRPC, where a connection lies below another one. */
describe('a server that nobody signs in to', () => {
  let system: ParleySystem;
  let grpcPort: string;
  let accessToken: string;
  let ca: Buffer;

  beforeAll(async () => {
    const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...newKey, '-out', cert, ...subject], { stdio: 'ignore' });
    ca = await readFile(cert);
    system = await startSystem({
      driver: 'embedded',
      hasBroker: false,
      agents: [],
      env: { GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key },
    });
    execFileSync('rm', ['-r', folder]);
    grpcPort = system.env.GRPC_PORT ?? '';
    accessToken = (await readFile(path.join(system.dataDir, 'access-token'), 'utf8')).trim();
  });
  afterAll(() => system.stop());

  const attempt = (token: string, headers: object = {}): Promise<Attempt> =>
    asOtherAccount(ATTEMPT, [system.url, grpcPort, JSON.stringify(ROUTES), token, JSON.stringify(headers)]);

  const register = async (joinToken?: string): Promise<RegisterAgentResponse> => {
    const logger = createLogger('test', 'silent');
    const client = createControlPlaneClient({ url: `127.0.0.1:${grpcPort}`, tls: { ca }, joinToken, logger });
    try {
      const profile = AgentProfile.parse({ name: 'Own', group: 'own' });
      const request = { agentId: 'own', isExclusive: true, instanceId: newId(), profile, queue: 'embedded' };
      return await client.registerAgent(request);
    } finally {
      client.close();
    }
  };

  it('takes the account that runs it for the local admin, in whatever way it comes', async () => {
    expect(await (await fetch(system.url)).json()).toMatchObject({ signIn: 'account' });
    for (const route of ROUTES.filter((each) => each.startsWith('GET'))) {
      const { status } = await fetch(`${system.url}${route.slice(4)}`);
      expect(`${route} ${status}`).toBe(`${route} 200`);
    }
    const client = await connectRaw(system.webSocketUrl);
    expect(await client.received('welcome')).toMatchObject({ user: { id: 'local', roles: ['admin'] } });
    client.close();
    expect(await register()).toMatchObject({ agentId: 'own', peopleSignIn: false });
    expect((await runCli(['agents', '--json', '--url', system.url])).code).toBe(0);
  });

  it('refuses another account, and says what it can do', async () => {
    if (!hasOtherAccount) {
      // No process of another account can be started; a proxy's account counts as little.
      const response = await fetch(`${system.url}/api/agents`, {
        headers: { 'x-forwarded-for': '127.0.0.1' },
      });
      expect(response.status).toBe(401);
      return;
    }
    const { statuses, message, info, socket, userSocket, grpc } = await attempt('');
    expect(statuses).toEqual(Object.fromEntries(ROUTES.map((route) => [route, 401])));
    expect(message).toContain('access-token');
    expect(info).toMatchObject({ signIn: 'account' });
    expect(socket).toEqual({ types: ['error'], code: 4001, message });
    expect(userSocket).toEqual({ isOpen: false });
    expect(grpc).toEqual({ status: '16', message: expect.stringContaining('JOIN_TOKEN') });
    expect((await attempt('wrong'.repeat(10))).statuses).toEqual(statuses);
    await expect(
      asOtherAccount('done(require("node:fs").readFileSync(process.argv[1], "utf8"))', [
        path.join(system.dataDir, 'access-token'),
      ]),
    ).rejects.toThrow('EACCES');
  });

  it('lets in another account that shows the access token', async () => {
    if (!hasOtherAccount) {
      const shown = { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': '127.0.0.1' };
      expect((await fetch(`${system.url}/api/agents`, { headers: shown })).status).toBe(200);
      return;
    }
    const { statuses, socket, userSocket, grpc } = await attempt(accessToken);
    expect(Object.values(statuses)).not.toContain(401);
    expect(socket).toMatchObject({ types: ['welcome', 'agents'], code: 1000 });
    expect(userSocket).toEqual({ isOpen: true });
    expect(grpc).toMatchObject({ status: '0' });
  });

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])(
    'does not take a proxy of this account, which sends "%s", for this account',
    async (name) => {
      const url = `${system.url}/api/agents`;
      expect((await fetch(url, { headers: { [name]: '1.1 proxy' } })).status).toBe(401);
      const shown = { [name]: '1.1 proxy', authorization: `Bearer ${accessToken}` };
      expect((await fetch(url, { headers: shown })).status).toBe(200);
      const socket = await connectRaw(system.webSocketUrl, {
        hello: false,
        headers: { [name]: '1.1 proxy' },
      });
      socket.send({ type: 'hello', clientName: 'test' });
      expect(await socket.closed).toBe(4001);
    },
  );

  describe('with the development server of the web app in front', () => {
    let vite: ChildProcess;
    let origin: string;
    beforeAll(async () => {
      const folder = path.resolve(import.meta.dirname, '../../apps/web');
      const bin = path.resolve(import.meta.dirname, '../../node_modules/vite/bin/vite.js');
      vite = spawn(process.execPath, [bin, '--port', String(await freePort())], {
        cwd: folder,
        env: { ...process.env, SERVER_URL: system.url, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      origin = await new Promise((resolve, reject) => {
        vite.once('exit', (code) => reject(new Error(`vite ended with ${code}`)));
        vite.stdout?.on('data', (text) => {
          const [, found] = /Local:\s+(http:\/\/[^/]+)/.exec(String(text)) ?? [];
          if (found !== undefined) resolve(found);
        });
      });
    }, 60_000);
    afterAll(() => {
      vite.kill('SIGKILL');
    });

    const reset = (from: string): Promise<Response> =>
      fetch(`${origin}/api/queues/reset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: from },
        body: '{}',
      });
    const socketFrom = (from: string): ReturnType<typeof connectRaw> =>
      connectRaw(`${origin.replace('http', 'ws')}/ws`, { origin: from });

    it('lets its own page write and open a WebSocket', async () => {
      // Known and allowed, and asked what to reset.
      expect((await reset(origin)).status).toBe(400);
      const client = await socketFrom(origin);
      client.close();
    });

    it.each(['https://evil.example', 'http://127.0.0.1:3000', 'null'])(
      'does not hand on what %s asks',
      async (from) => {
        expect((await reset(from)).status).toBe(404);
        await expect(socketFrom(from)).rejects.toThrow('404');
      },
    );

    it('hands on nothing of another account', async () => {
      if (!hasOtherAccount) {
        expect((await fetch(`${origin}/api/agents`)).status).toBe(200);
        return;
      }
      const script = 'fetch(process.argv[1]).then(({ status }) => done(status))';
      expect(await asOtherAccount(script, [`${origin}/api/agents`])).toBe(404);
    });

    it('has an origin that the server itself does not trust', async () => {
      await expect(connectRaw(system.webSocketUrl, { origin })).rejects.toThrow('403');
    });
  });

  it('keeps the access token to itself: in a file for its account alone, and in no line of its log', async () => {
    expect((await stat(path.join(system.dataDir, 'access-token'))).mode & 0o777).toBe(0o600);
    await fetch(`${system.url}/?token=${accessToken}`);
    await fetch(`${system.url}/nothing?token=${accessToken}`);
    const response = await fetch(system.url, { headers: { accept: 'text/html' } });
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const written = `${system.server.output}${JSON.stringify(system.server.log)}`;
    expect(written).not.toContain(accessToken);
  });
});

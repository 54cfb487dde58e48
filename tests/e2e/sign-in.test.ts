import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { createControlPlaneClient } from '@parley/control-plane';
import { eventually } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { AgentProfile, CLOSE_CODES, newId } from '@parley/shared-models';
import { SignJWT } from 'jose';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient } from '../harness/raw-client.ts';

const AUTH_SECRET = 'a secret of more than thirty-two characters';

function token(sub: string, roles: string[], seconds = 60): Promise<string> {
  return new SignJWT({ sub, roles, exp: Math.floor(Date.now() / 1000) + seconds })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(AUTH_SECRET));
}

describe('a server where people sign in', () => {
  let system: ParleySystem;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    system = await startSystem({
      driver: 'embedded',
      agents: [{}],
      env: { AUTH_SECRET, TRUST_PROXY: '127.0.0.1' },
    });
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  async function connect(given?: string): Promise<RawClient> {
    const hello = { type: 'hello', clientName: 'test', ...(given === undefined ? {} : { token: given }) };
    const client = await connectRaw(system.webSocketUrl, { hello });
    clients.push(client);
    return client;
  }

  const get = async (path: string, given?: string): Promise<number> => {
    const headers: Record<string, string> = given === undefined ? {} : { authorization: `Bearer ${given}` };
    return (await fetch(`${system.url}${path}`, { headers })).status;
  };

  it('welcomes who has a token by the name in it', async () => {
    const client = await connect(await token('ada', ['member']));
    expect((await client.received('welcome')).user).toEqual({ id: 'ada', name: 'ada', roles: ['member'] });
  });

  it('tells agents that people sign in', async () => {
    const url = system.env.GRPC_URL ?? '';
    const client = createControlPlaneClient({ url, logger: createLogger('test', 'silent') });
    const profile = AgentProfile.parse({ name: 'Asks', group: 'asks' });
    const request = { agentId: 'asks', isExclusive: true, instanceId: newId(), profile, queue: 'embedded' };
    try {
      const { agentId, incarnation, peopleSignIn } = await client.registerAgent(request);
      expect(peopleSignIn).toBe(true);
      await client.unregisterAgent({ agentId, incarnation });
    } finally {
      client.close();
    }
  });

  it('takes frames that were sent right behind the hello', async () => {
    const client = await connectRaw(system.webSocketUrl, { hello: false });
    clients.push(client);
    const id = newId();
    client.send({ type: 'hello', clientName: 'test', token: await token('ada', ['member']) });
    client.send({ type: 'message.send', id, text: 'Hello' });
    expect((await client.received('ack')).id).toBe(id);
    expect((await client.received('message', ({ message }) => message.kind === 'REPLY')).message.text).toBe(
      'Hello',
    );
  });

  it.each([
    ['no token', undefined],
    ['a garbled token', 'a.b.c'],
  ])('tells who has %s so, and closes for good', async (_what, given) => {
    const client = await connectRaw(system.webSocketUrl, { hello: false });
    clients.push(client);
    client.send({ type: 'hello', clientName: 'test', ...(given === undefined ? {} : { token: given }) });
    expect(await client.received('error')).toMatchObject({ code: 'unauthenticated' });
    expect(await client.closed).toBe(CLOSE_CODES.unauthenticated);
  });

  it('closes the connection when the token runs out', async () => {
    // A token that is valid for the 30 s by which clocks may differ, and no longer by its own word: 10 s of them are left.
    const client = await connect(await token('ada', ['member'], -20));
    expect(await client.closed).toBe(CLOSE_CODES.unauthenticated);
  });

  it('closes the connection when an operator revokes the token, which lets nobody in any more', async () => {
    const jti = newId();
    const lost = await new SignJWT({
      sub: 'ada',
      roles: ['member'],
      jti,
      exp: Math.floor(Date.now() / 1000) + 60,
    })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(AUTH_SECRET));
    const [client, other] = [await connect(lost), await connect(await token('ada', ['member']))];
    const refused = createHttpApi({ url: system.url, token: lost }).revokeToken({ tokenId: jti });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    await createHttpApi({ url: system.url, token: await token('olga', ['operator']) }).revokeToken({
      tokenId: jti,
    });
    expect(await client.closed).toBe(CLOSE_CODES.unauthenticated);
    expect(await get('/api/agents', lost)).toBe(401);
    other.send({ type: 'agents.request' });
    await other.received('agents');
  });

  it('keeps conversations from all but their owner, over WebSocket and HTTP', async () => {
    const ada = await connect(await token('ada', ['member']));
    const conversationId = newId();
    ada.send({ type: 'message.send', id: newId(), conversationId, text: 'Private' });
    await ada.received('ack', (ack) => ack.conversationId === conversationId);
    const bobsToken = await token('bob', ['admin']);
    const bob = await connect(bobsToken);
    bob.send({ type: 'conversation.open', conversationId });
    expect(await bob.received('error')).toMatchObject({ code: 'forbidden', inReplyTo: conversationId });
    expect(await get(`/api/conversations/${conversationId}/messages`, bobsToken)).toBe(403);
    expect(await get(`/api/conversations/${conversationId}/messages`, await token('ada', ['member']))).toBe(
      200,
    );
  });

  it('asks for a token at every route but those that say whether it is there', async () => {
    expect(await get('/api/conversations')).toBe(401);
    expect(await get('/api/agents')).toBe(401);
    expect(await get('/metrics')).toBe(401);
    expect(await get('/api/agents', await token('ada', ['viewer']))).toBe(200);
    expect(await get('/api/dead-letters', await token('ada', ['member']))).toBe(403);
    for (const path of ['/health', '/', '/docs/json']) expect(await get(path)).toBe(200);
  });

  it('enters who could not sign in by the address that the proxy in front saw', async () => {
    const api = createHttpApi({ url: system.url, token: await token('olga', ['operator']) });
    /** Of many refusals at once some are only counted: who knocks does so until it is entered. */
    const enteredAt = (address: string, knock: (forwarded: string) => Promise<unknown>): Promise<void> =>
      eventually(async () => {
        // What a client says itself stands before what the proxy appends.
        await knock(`198.51.100.1, ${address}`);
        const { entries } = await api.audit({ action: 'sign_in.refused', limit: 10 });
        const addresses = entries.map(({ remoteAddress }) => remoteAddress);
        expect(addresses).toContain(address);
        expect(addresses).not.toContain('198.51.100.1');
      });
    await enteredAt('203.0.113.9', async (forwarded) => {
      const headers = { 'x-forwarded-for': forwarded };
      const client = await connectRaw(system.webSocketUrl, { hello: false, headers });
      client.send({ type: 'hello', clientName: 'test', token: 'a.b.c' });
      await client.closed;
    });
    await enteredAt('203.0.113.10', (forwarded) =>
      fetch(`${system.url}/api/agents`, { headers: { 'x-forwarded-for': forwarded } }),
    );
  });

  it('refuses frames that need a higher role, and goes on', async () => {
    const viewer = await connect(await token('vera', ['viewer']));
    const id = newId();
    viewer.send({ type: 'message.send', id, text: 'May I?' });
    expect(await viewer.received('error')).toMatchObject({ code: 'forbidden', inReplyTo: id });
    viewer.send({ type: 'agents.request' });
    viewer.send({ type: 'ping' });
    await viewer.received('pong');
  });
});

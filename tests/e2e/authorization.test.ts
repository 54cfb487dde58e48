import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientFrames, newId, Role, type ServerFrame } from '@parley/shared-models';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';

/**
 * What each role may do, written down a second time on purpose: the code's own table must not be able to change
 * unseen. `anybody`: without signing in; `everybody`: whoever has signed in.
 */
type Least = Role | 'anybody' | 'everybody';

const ID = newId();

const ROUTES: readonly (readonly [method: string, path: string, least: Least, body?: object])[] = [
  ['GET', '/', 'anybody'],
  ['GET', '/health', 'anybody'],
  ['GET', '/ready', 'anybody'],
  ['GET', '/docs/json', 'anybody'],
  ['GET', '/metrics', 'viewer'],
  ['GET', '/api/agents', 'viewer'],
  ['GET', '/api/queues', 'viewer'],
  ['GET', '/api/conversations', 'viewer'],
  ['GET', `/api/conversations/${ID}`, 'viewer'],
  ['GET', `/api/conversations/${ID}/messages`, 'viewer'],
  ['GET', '/external-status', 'viewer'],
  ['GET', '/user/somebody/files', 'viewer'],
  ['GET', '/user/somebody/files/conversations.md', 'viewer'],
  ['GET', '/api/tasks', 'viewer'],
  ['GET', `/api/tasks/${ID}`, 'viewer'],
  ['PATCH', `/api/conversations/${ID}`, 'member', { title: 'New' }],
  ['GET', '/api/events', 'member'],
  ['GET', '/api/event-threads?type=note', 'member'],
  ['POST', `/api/tasks/${ID}/cancel`, 'member'],
  ['GET', '/api/dead-letters', 'operator'],
  ['GET', `/api/dead-letters/${ID}`, 'operator'],
  ['POST', `/api/dead-letters/${ID}/replay`, 'operator'],
  ['DELETE', `/api/dead-letters/${ID}`, 'operator'],
  ['GET', '/api/audit', 'operator'],
  ['GET', '/api/audit/export', 'operator'],
  ['GET', '/api/audit/head', 'operator'],
  ['GET', '/api/commands', 'operator'],
  ['POST', '/api/commands', 'operator', { id: ID, agentId: 'nobody', command: 'ls' }],
  ['GET', `/api/commands/${ID}`, 'operator'],
  ['GET', `/api/commands/${ID}/output`, 'operator'],
  ['POST', `/api/commands/${ID}/cancel`, 'operator'],
  ['POST', `/api/commands/${ID}/approve`, 'operator'],
  ['POST', `/api/commands/${ID}/reject`, 'operator', {}],
  ['POST', '/api/queues/reset', 'operator', { confirm: true }],
  ['POST', '/api/tokens/revoke', 'operator', { tokenId: ID }],
  ['POST', '/send-to-external', 'operator', { message: 'Hello' }],
];

const FRAMES: { readonly [T in keyof typeof ClientFrames]: readonly [least: Least, fields?: object] } = {
  hello: ['everybody', { clientName: 'again' }],
  ping: ['everybody'],
  'conversation.open': ['viewer', { conversationId: ID }],
  'conversation.close': ['viewer', { conversationId: ID }],
  'agents.request': ['viewer'],
  'message.send': ['member', { text: 'Hello' }],
  'message.cancel': ['member', { messageId: ID }],
  typing: ['member', { conversationId: ID, isTyping: true }],
  'task.cancel': ['member', { taskId: ID }],
  'event.publish': ['member', { channel: 'human', event: { id: ID, type: 'note', payload: 1 } }],
  'channel.open': ['member', { channel: 'human' }],
  'channel.close': ['member', { channel: 'human' }],
  'agent.control': ['operator', { agentId: 'nobody', action: 'pause' }],
  'queues.reset': ['operator', { confirm: true }],
  'command.run': ['operator', { agentId: 'nobody', command: 'ls' }],
  'command.cancel': ['operator', { id: ID }],
  'command.open': ['operator', { id: ID }],
  'command.close': ['operator', { id: ID }],
  'command.approve': ['operator', { id: ID }],
  'command.reject': ['operator', { id: ID }],
  'external.report': [
    'operator',
    {
      status: {
        gatewayId: ID,
        url: 'wss://friends.example/ws',
        state: 'connected',
        since: '2026-01-31T09:30:00.000Z',
        reconnects: 0,
        received: 0,
        sent: 0,
        answered: 0,
        failed: 0,
        ignored: 0,
        queued: 0,
        kept: 0,
      },
    },
  ],
  'external.sent': ['operator', { id: ID, ok: true }],
};

/** Fields with which a frame asks for more than its type does. */
const CLOSER: readonly (readonly [name: string, least: Role, frame: object])[] = [
  [
    'publishing for agents',
    'operator',
    { type: 'event.publish', channel: 'agents', event: { id: newId(), type: 'note', payload: 1 } },
  ],
  ['following the channel of agents', 'operator', { type: 'channel.open', channel: 'agents' }],
  [
    'writing for somebody outside',
    'operator',
    { type: 'message.send', text: 'Hello', onBehalfOf: { id: 'x', name: 'X' } },
  ],
];

const WHO = ['nobody', ...Role.options] as const;

/** What the answer must be: let in, or the exact refusal. */
function expected(who: (typeof WHO)[number], least: Least): 'allowed' | 'unauthenticated' | 'forbidden' {
  if (least === 'anybody') return 'allowed';
  if (who === 'nobody') return 'unauthenticated';
  if (least === 'everybody') return 'allowed';
  return Role.options.indexOf(who) >= Role.options.indexOf(least) ? 'allowed' : 'forbidden';
}

describe('who may do what', () => {
  let system: ParleySystem;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', agents: [], env: { AUTH_SECRET } });
    for (const role of Role.options) tokens.set(role, await signToken(`${role}-person`, role));
  });
  afterAll(() => system?.stop());

  it('is said for every route there is', async () => {
    const { paths } = (await (await fetch(`${system.url}/docs/json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const listed = ROUTES.map(([method, path]) => `${method} ${path.replace(ID, '{id}')}`).map((route) =>
      route
        .replace('/user/somebody', '/user/{userId}')
        .replace('/conversations.md', '/{name}')
        .replace(/\?.*/, ''),
    );
    const found = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(found.filter((route) => !listed.includes(route))).toEqual([]);
  });

  describe.each(WHO)('for %s', (who) => {
    // Whole rows: a function with more parameters than a row has columns would be given a callback.
    it.each(ROUTES.map((route) => ({ name: route.slice(0, 2).join(' '), route })))(
      '$name',
      async ({ route }) => {
        const [method, path, least, body] = route;
        const token = tokens.get(who);
        const response = await fetch(`${system.url}${path}`, {
          method,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(30_000),
        });
        const text = await response.text();
        const outcome =
          response.status === 401 ? 'unauthenticated' : response.status === 403 ? 'forbidden' : 'allowed';
        // Somebody else's files are refused to all but admins, whatever their role lets them do with their own.
        const isOfAnother = path.startsWith('/user/') && who !== 'admin' && who !== 'nobody';
        expect(outcome).toBe(isOfAnother ? 'forbidden' : expected(who, least));
        if (outcome !== 'allowed') expect(JSON.parse(text)).toMatchObject({ code: outcome });
      },
    );
  });

  describe.each(Role.options)('over the WebSocket, for a %s', (role) => {
    const outcomeOf = async (frame: object): Promise<ServerFrame | undefined> => {
      const hello = { type: 'hello', clientName: 'test', token: tokens.get(role) };
      const client = await connectRaw(system.webSocketUrl, { hello });
      try {
        client.send(frame);
        client.send({ type: 'ping' });
        await client.received('pong');
        // What a frame brings about may come after the pong; a refusal by role comes at once.
        return client.frames.find(
          (received) =>
            received.type === 'error' &&
            received.code === 'forbidden' &&
            received.details?.role !== undefined,
        );
      } finally {
        client.terminate();
      }
    };

    it.each(Object.entries(FRAMES))('%s', async (type, [least, fields]) => {
      const refusal = await outcomeOf({ id: newId(), ...fields, type });
      expect(refusal === undefined ? 'allowed' : 'forbidden').toBe(expected(role, least));
      if (refusal !== undefined) expect(refusal).toMatchObject({ details: { role: least } });
    });

    it.each(CLOSER)('%s', async (_name, least, frame) => {
      const refusal = await outcomeOf({ id: newId(), ...frame });
      expect(refusal === undefined ? 'allowed' : 'forbidden').toBe(expected(role, least));
    });
  });
});

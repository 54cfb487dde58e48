import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { newId } from '@parley/shared-models';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { runCli } from '../harness/run-cli.ts';

const JOIN_TOKEN = 'what-all-members-show-to-join';

interface Identity {
  readonly agentId: string;
  readonly incarnation: number;
  readonly credential: string;
}
type Caller = Omit<Identity, 'credential'>;

/**
 * Who has to show what, written down a second time on purpose: an RPC without a row fails the first test.
 * `member`: whoever may join; `agent`, `broker`: who is named in the request, by its credential.
 */
type Who = 'member' | 'agent' | 'broker';

const lease = { id: newId(), token: 1 };
const asking = { requestId: newId(), id: newId() };
const key = (caller: Caller): object => ({ ...caller, subject: '', key: 'k' });

const RPCS: Readonly<Record<string, readonly [who: Who, request: (caller: Caller) => object]>> = {
  'AgentRegistrationService/RegisterAgent': ['member', () => registrationOf('new-one')],
  'AgentRegistrationService/UnregisterAgent': ['agent', (caller) => caller],
  'AgentRegistrationService/Heartbeat': ['agent', (caller) => ({ ...caller, state: 'AGENT_STATE_ONLINE' })],
  'AgentStatusService/GetAgentStatus': ['member', ({ agentId }) => ({ agentId })],
  'AgentStatusService/SubscribeToAgentStatus': ['member', () => ({ subscriberId: 'somebody' })],
  'BrokerRegistrationService/RegisterBroker': [
    'member',
    () => ({ brokerId: 'b-2', name: 'Second', queue: 'embedded' }),
  ],
  'BrokerRegistrationService/UnregisterBroker': ['broker', () => ({ brokerId: 'b-1' })],
  'CommandService/ReceiveCommands': ['agent', (caller) => caller],
  'CommandService/SendCommandState': ['agent', (caller) => ({ ...caller, commandId: newId() })],
  'CommandService/SendCommandOutput': ['agent', (caller) => ({ ...caller, commandId: newId(), seq: 1 })],
  'CommandService/SendCommandResult': ['agent', (caller) => ({ ...caller, commandId: newId() })],
  'AgentMemoryService/Get': ['agent', (caller) => ({ key: key(caller) })],
  'AgentMemoryService/Put': ['agent', (caller) => ({ key: key(caller), value: '1', writeId: newId() })],
  'AgentMemoryService/Delete': ['agent', (caller) => ({ key: key(caller), writeId: newId() })],
  'AgentMemoryService/History': ['agent', (caller) => ({ key: key(caller) })],
  'AgentConversationService/History': ['agent', (caller) => ({ ...caller, requestId: newId(), limit: 1 })],
  'AgentConversationService/Ask': ['agent', (caller) => ({ ...caller, ...asking, text: 'Who?' })],
  'AgentConversationService/CancelAsk': ['agent', (caller) => ({ ...caller, id: newId() })],
  'AgentConversationService/IsWanted': ['agent', (caller) => ({ ...caller, requestId: newId() })],
  'AgentChannelService/ListEvents': ['agent', (caller) => ({ ...caller, channel: 'human', limit: 1 })],
  'QueueService/ConnectQueue': ['agent', (caller) => caller],
  'AgentHost/Work': ['member', () => ({ hello: { profile: { name: 'Worker', concurrency: 1 } } })],
  'TaskService/CreateTask': ['agent', (caller) => ({ ...caller, ...asking, title: 'T', input: '1' })],
  'TaskService/RefineTask': ['agent', (caller) => ({ ...caller, ...asking, text: 'More' })],
  'TaskService/CancelTask': ['agent', (caller) => ({ ...caller, ...asking })],
  'TaskService/GetTask': ['agent', (caller) => ({ ...caller, id: newId() })],
  'TaskService/ListTasks': ['agent', (caller) => ({ ...caller, requestId: newId(), limit: 1 })],
  'TaskService/ClaimTasks': ['agent', (caller) => ({ ...caller, limit: 1 })],
  'TaskService/RenewLeases': ['agent', (caller) => ({ ...caller, leases: [lease] })],
  'TaskService/ReleaseTask': ['agent', (caller) => ({ ...caller, lease })],
  'TaskService/SaveTask': ['agent', (caller) => ({ ...caller, lease, document: '{}' })],
  'TaskService/RunStep': ['agent', (caller) => ({ ...caller, lease, stepId: 's', attempt: 1 })],
};

function registrationOf(agentId: string): object {
  const subscriptions = [{ channel: 'human' }];
  const profile = { name: agentId, group: 'staff', description: '', concurrency: 1, subscriptions };
  return { agentId, isExclusive: true, instanceId: newId(), profile, queue: 'embedded' };
}

type Rpc = MethodDefinition<object, object>;

/** Every RPC of the .proto files, by `Service/Method`. */
function everyRpc(): ReadonlyMap<string, Rpc> {
  const protos = path.resolve(import.meta.dirname, '../../protos');
  const files = readdirSync(path.join(protos, 'parley/v1')).map((file) => `parley/v1/${file}`);
  const options = { includeDirs: [protos], longs: Number, enums: String, defaults: true };
  const found = new Map<string, Rpc>();
  for (const [name, definition] of Object.entries(loadSync(files, options))) {
    // Messages and enums have a format; services consist of methods.
    if ('format' in definition) continue;
    for (const [method, rpc] of Object.entries(definition as ServiceDefinition))
      found.set(`${name.split('.').at(-1)}/${method}`, rpc);
  }
  return found;
}

/** An answer has come by then, also from a server that is held up. */
const ANSWERED_MS = 15_000;

describe('who may call which RPC', () => {
  const rpcs = everyRpc();
  let system: ParleySystem;
  let client: Client;
  let mallory: Identity;
  let broker: string;

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', hasBroker: false, agents: [], env: { JOIN_TOKEN } });
    client = new Client(system.env.GRPC_URL ?? '', credentials.createInsecure());
    mallory = await register('mallory');
    const answer = await call('BrokerRegistrationService/RegisterBroker', {
      brokerId: 'b-1',
      name: 'First',
      queue: 'embedded',
    });
    broker = String((answer as { credential: string }).credential);
  });
  afterAll(async () => {
    client?.close();
    await system?.stop();
  });

  /** Resolves with the first answer. @throws ServiceError */
  function call(name: string, request: object, shows: Shown = { joinToken: JOIN_TOKEN }): Promise<object> {
    const rpc = rpcs.get(name);
    if (rpc === undefined) throw new Error(`there is no RPC ${name}`);
    const { path: to, requestSerialize: write, responseDeserialize: read } = rpc;
    const metadata = new Metadata();
    if (shows.joinToken !== undefined) metadata.set('authorization', `Bearer ${shows.joinToken}`);
    if (shows.credential !== undefined) metadata.set('parley-credential', shows.credential);
    const options = { deadline: Date.now() + ANSWERED_MS };
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: object): void =>
        error === null ? resolve(answer ?? {}) : reject(error);
      if (rpc.responseStream) {
        const both = rpc.requestStream
          ? client.makeBidiStreamRequest(to, write, read, metadata, options)
          : undefined;
        both?.write(request);
        const stream = both ?? client.makeServerStreamRequest(to, write, read, request, metadata, options);
        stream.on('error', reject);
        // That it was let in, however long its first item takes.
        stream.on('metadata', () => {
          resolve({});
          stream.cancel();
        });
      } else if (rpc.requestStream) {
        const stream = client.makeClientStreamRequest(to, write, read, metadata, options, done);
        stream.end(request);
      } else {
        client.makeUnaryRequest(to, write, read, request, metadata, options, done);
      }
    });
  }

  async function register(agentId: string, joinToken = JOIN_TOKEN): Promise<Identity> {
    return (await call('AgentRegistrationService/RegisterAgent', registrationOf(agentId), {
      joinToken,
    })) as Identity;
  }

  interface Shown {
    readonly joinToken?: string;
    readonly credential?: string;
  }

  /** `allowed`: whatever came of it, it was not refused for who asked. */
  async function outcomeOf(name: string, request: object, shows: Shown): Promise<string> {
    try {
      await call(name, request, shows);
      return 'allowed';
    } catch (error) {
      const { code, details } = error as ServiceError;
      const isRefusal = code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED;
      return isRefusal ? `${status[code]}: ${details}` : 'allowed';
    }
  }

  const noJoinToken = 'UNAUTHENTICATED: The join token is missing or wrong.';
  const noCredential =
    'UNAUTHENTICATED: The credential is missing or belongs to somebody else: register first.';

  it('is said for every RPC there is', () => {
    expect(Object.keys(RPCS).toSorted()).toEqual([...rpcs.keys()].toSorted());
  });

  it.each(Object.entries(RPCS).map(([name, [who, request]]) => ({ name, who, request })))(
    '$name: $who',
    async ({ name, who, request }) => {
      const self = await register(`self-${name.toLowerCase().replace(/[^a-z]/g, '-')}`);
      const { agentId, incarnation } = self;
      const body = request({ agentId, incarnation });
      const credential = who === 'broker' ? broker : self.credential;
      const withCredential = who === 'member' ? 'allowed' : noCredential;
      const outcomes = {
        'no join token': await outcomeOf(name, body, { credential }),
        'a wrong join token': await outcomeOf(name, body, { credential, joinToken: `${JOIN_TOKEN}!` }),
        'no credential': await outcomeOf(name, body, { joinToken: JOIN_TOKEN }),
        "another's credential": await outcomeOf(name, body, {
          joinToken: JOIN_TOKEN,
          credential: mallory.credential,
        }),
        'its own': await outcomeOf(name, body, { joinToken: JOIN_TOKEN, credential }),
      };
      expect(outcomes).toEqual({
        'no join token': noJoinToken,
        'a wrong join token': noJoinToken,
        'no credential': withCredential,
        "another's credential": withCredential,
        'its own': 'allowed',
      });
    },
  );

  it('is bound to an agent by a token that the command line makes of the join token', async () => {
    const file = path.join(system.dataDir, 'join-token');
    writeFileSync(file, `${JOIN_TOKEN}\n`);
    const made = await runCli(['token', '--agent', 'hr', '--group', 'staff'], {
      env: { JOIN_TOKEN_FILE: file },
    });
    const joinToken = made.stdout.trim();
    expect((await register('hr', joinToken)).agentId).toBe('hr');
    await expect(register('finance', joinToken)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining('for the agent "hr" in the group "staff" only'),
    });
  });

  it('is over when an operator revokes the token, with all that the agent has open', async () => {
    const args = ['token', '--agent', 'it', '--group', 'staff', '--expires', '1h'];
    const joinToken = (await runCli(args, { env: { JOIN_TOKEN } })).stdout.trim();
    const { credential, ...caller } = await register('it', joinToken);
    const rpc = rpcs.get('CommandService/ReceiveCommands') as Rpc;
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${joinToken}`);
    metadata.set('parley-credential', credential);
    const { path: to, requestSerialize: write, responseDeserialize: read } = rpc;
    const stream = client.makeServerStreamRequest(to, write, read, caller, metadata);
    const ended = new Promise((resolve) => stream.once('error', resolve));
    await new Promise((resolve) => stream.once('metadata', resolve));
    const revoked = await runCli(['--url', system.url, 'token', 'revoke', joinToken]);
    expect(revoked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[0-9a-f-]{36} is revoked\.\n$/),
    });
    expect(await ended).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'The join token was revoked.',
    });
    const beat = { ...caller, state: 'AGENT_STATE_ONLINE' };
    await expect(
      call('AgentRegistrationService/Heartbeat', beat, { joinToken, credential }),
    ).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    await expect(register('it', joinToken)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    const api = createHttpApi({ url: system.url });
    await eventually(async () => {
      const found = (await api.agents()).agents.find(({ agentId }) => agentId === 'it');
      expect(found).toMatchObject({ state: 'offline' });
    });
    const [tokenId] = revoked.stdout.split(' ');
    const registered = await api.audit({ action: 'agent.registered', agentId: 'it', limit: 1 });
    expect(registered.entries).toMatchObject([{ details: { tokenId } }]);
    expect((await api.audit({ action: 'token.revoked' })).entries).toMatchObject([{ subjectId: tokenId }]);
  });

  /** The first update of the status stream. */
  async function agentsSeenBy(subscriberId: string, shows: Shown): Promise<Record<string, unknown>[]> {
    const rpc = rpcs.get('AgentStatusService/SubscribeToAgentStatus') as Rpc;
    const { path: to, requestSerialize: write, responseDeserialize: read } = rpc;
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${shows.joinToken}`);
    if (shows.credential !== undefined) metadata.set('parley-credential', shows.credential);
    const stream = client.makeServerStreamRequest(to, write, read, { subscriberId }, metadata);
    try {
      const [update] = await once(stream, 'data');
      return (update as { agents: Record<string, unknown>[] }).agents;
    } finally {
      stream.on('error', () => {});
      stream.cancel();
    }
  }

  it('lets brokers alone see how busy agents are, and everybody who is there', async () => {
    const { credential, ...caller } = await register('busy');
    const metrics = { handled: 7, failed: 1, meanHandleMs: 12 };
    const beat = { ...caller, load: 0.5, metrics, state: 'AGENT_STATE_ONLINE' };
    await call('AgentRegistrationService/Heartbeat', beat, { joinToken: JOIN_TOKEN, credential });
    const made = await runCli(['token', '--agent', 'asking', '--group', 'staff'], { env: { JOIN_TOKEN } });
    const bound = made.stdout.trim();
    const busyFor = async (subscriberId: string, shows: Shown) =>
      (await agentsSeenBy(subscriberId, shows)).find(({ agentId }) => agentId === 'busy');
    const entry = { agentName: 'busy', group: 'staff', state: 'AGENT_STATE_ONLINE' };
    const isIdle = { ...entry, load: 0, metrics: { handled: 0, failed: 0, meanHandleMs: 0 } };
    expect(await busyFor('b-1', { joinToken: JOIN_TOKEN, credential: broker })).toMatchObject({
      ...entry,
      load: 0.5,
      metrics,
    });
    expect(await busyFor('b-1', { joinToken: JOIN_TOKEN })).toMatchObject(isIdle);
    expect(await busyFor('b-1', { joinToken: JOIN_TOKEN, credential: mallory.credential })).toMatchObject(
      isIdle,
    );
    expect(await busyFor('directory', { joinToken: bound })).toMatchObject(isIdle);
    const asked = { agentId: 'busy' };
    for (const joinToken of [JOIN_TOKEN, bound])
      expect(await call('AgentStatusService/GetAgentStatus', asked, { joinToken })).toMatchObject({
        agent: isIdle,
      });
  });

  it('is exactly the one agent of its token: whoever holds it gets no other id, however often it registers', async () => {
    const profile = (group: string) => ({
      name: `DB of ${group}`,
      group,
      description: '',
      concurrency: 1,
      host: 'h1',
    });
    const ask = (agentId: string, group: string, joinToken: string): Promise<object> =>
      call(
        'AgentRegistrationService/RegisterAgent',
        { agentId, isExclusive: false, instanceId: newId(), profile: profile(group), queue: 'embedded' },
        { joinToken },
      );
    const victim = (await ask('db-2', 'victims', JOIN_TOKEN)) as Identity;
    const { credential, ...caller } = victim;
    await call('AgentRegistrationService/UnregisterAgent', caller, { joinToken: JOIN_TOKEN, credential });
    const made = await runCli(['token', '--agent', 'db', '--group', 'attackers'], { env: { JOIN_TOKEN } });
    const joinToken = made.stdout.trim();
    expect(await ask('db', 'attackers', joinToken)).toMatchObject({ agentId: 'db' });
    for (let i = 0; i < 20; i++)
      await expect(ask('db', 'attackers', joinToken)).rejects.toMatchObject({ code: status.ALREADY_EXISTS });
    // Who has the server's own token is given another id, but never that of another group.
    expect(await ask('db', 'attackers', JOIN_TOKEN)).toMatchObject({ agentId: 'db-3' });
    const { agents: found } = await createHttpApi({ url: system.url }).agents();
    expect(
      found
        .map(({ agentId }) => agentId)
        .filter((id) => id.startsWith('db'))
        .toSorted(),
    ).toEqual(['db', 'db-2', 'db-3']);
    expect(found.find(({ agentId }) => agentId === 'db-2')).toMatchObject({
      group: 'victims',
      incarnation: 1,
    });
  });

  it('leaves a trace of who was refused in the log and in the audit', async () => {
    expect(await outcomeOf('AgentMemoryService/Get', { key: key(mallory) }, {})).toBe(noJoinToken);
    const shows = { joinToken: JOIN_TOKEN, credential: 'forged' };
    expect(await outcomeOf('AgentMemoryService/Get', { key: key(mallory) }, shows)).toBe(noCredential);
    const api = createHttpApi({ url: system.url });
    const result = 'unauthenticated';
    const peer = { remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/), result };
    await eventually(async () => {
      for (const action of ['join.refused', 'credential.refused'] as const)
        expect((await api.audit({ action, limit: 1 })).entries).toMatchObject([{ action, ...peer }]);
    });
    for (const kind of ['join_token', 'credential'])
      expect(await system.server.logged((line) => line.kind === kind)).toMatchObject({ level: 'warn' });
  });
});

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { newId } from '@parley/shared-models';
import type { SeededRandom } from '../faults/seeded-random.ts';
import type { FuzzTarget } from './fuzz.ts';
import { createMutator } from './mutate.ts';

type Method = MethodDefinition<object, object>;

const PROTOS = path.join(import.meta.dirname, '../../protos');
const AT_ONCE = 10;
/** Some calls wait for an answer that does not come. */
const DEADLINE_MS = 300;
const JOIN_MS = 30_000;

/** Sends mutated requests to every RPC, as an agent that has joined, as another one and as nobody. */
export async function fuzzCalls(count: number, random: SeededRandom, target: FuzzTarget): Promise<void> {
  const mutate = createMutator(random);
  const client = new Client(target.grpcUrl, credentials.createInsecure());
  const methods = methodsOf();
  const register = methods.find(({ path: name }) => name.endsWith('/RegisterAgent'));
  if (register === undefined) throw new Error('there is no RegisterAgent');

  const own = { agentId: 'fuzz', incarnation: 0 };
  const send = (
    method: Method,
    request: Buffer,
    metadata: Metadata,
    deadlineMs = DEADLINE_MS,
  ): Promise<object> =>
    new Promise((resolve, reject) => {
      const deadline = Date.now() + deadlineMs;
      const { path: name, responseDeserialize: read } = method;
      const done = (error: ServiceError | null, answer?: object): void =>
        error === null ? resolve(answer ?? {}) : reject(error);
      if (!method.responseStream) {
        client.makeUnaryRequest(name, (bytes: Buffer) => bytes, read, request, metadata, { deadline }, done);
        return;
      }
      const both = method.requestStream
        ? client.makeBidiStreamRequest(name, (bytes: Buffer) => bytes, read, metadata, { deadline })
        : undefined;
      // The first request says who it is; what follows is the one to be tried.
      both?.write(method.requestSerialize(own));
      both?.write(request);
      const stream =
        both ??
        client.makeServerStreamRequest(name, (bytes: Buffer) => bytes, read, request, metadata, { deadline });
      stream.on('data', (answer: object) => {
        resolve(answer);
        stream.cancel();
      });
      stream.on('error', reject);
      stream.on('end', () => resolve({}));
    });

  const profile = { name: 'Fuzz', group: 'fuzz', concurrency: 1 };
  const joining = { agentId: 'fuzz', isExclusive: true, instanceId: newId(), profile, queue: 'embedded' };
  const joined = (await send(register, register.requestSerialize(joining), new Metadata(), JOIN_MS)) as {
    incarnation: number;
    credential: string;
  };
  own.incarnation = joined.incarnation;
  const id = (): string => random.pick([...target.foreignIds, newId()]);
  const fields = (): object => ({
    ...own,
    ...(random.integer(0, 9) === 0 ? { agentId: 'echo', incarnation: 1 } : {}),
    ...{
      key: { ...own, subject: 'ada', key: 'k' },
      value: '{"a":[1]}',
      writeId: '',
      requestId: id(),
      id: id(),
    },
    ...{
      limit: 5,
      text: 'Hi',
      title: 'T',
      input: '{}',
      timeoutMs: 100,
      targetName: 'Echo',
      channel: 'human',
    },
    ...{
      types: ['a'],
      load: 0,
      state: random.pick(['AGENT_STATE_ONLINE', 'COMMAND_RUN_STATE_RUNNING', 'X']),
    },
    ...{
      lease: { id: id(), token: 1 },
      leases: [{ id: id(), token: 1 }],
      stepId: 's',
      attempt: 1,
      document: '{}',
    },
    ...{
      commandId: id(),
      stream: 'OUTPUT_STREAM_STDOUT',
      seq: 1,
      data: 'x',
      brokerId: 'b',
      subscriberId: 'b',
    },
    ...{
      acknowledged: [random.integer(0, 3)],
      refused: [{ delivery: random.integer(0, 3), message: 'no' }],
      publishes: [
        {
          number: 1,
          queue: random.pick(['broker_input_queue', 'server_input_queue', 'agent_queue_echo', 'x']),
          envelope: {
            messageId: id(),
            type: 'chat.reply',
            headers: '{"sender":"agent:fuzz"}',
            body: Buffer.from('{}'),
          },
        },
      ],
      signals: [{ type: 'chat.delta', key: id(), body: Buffer.from('{}') }],
      operations: [
        random.pick<object>([
          { number: 2, consume: { subscription: 1, queue: 'agent_queue_fuzz', prefetch: 5 } },
          { number: 3, declareChannelQueue: { group: 'fuzz', bindings: [{ channel: 'human', type: '*' }] } },
          { number: 4, purge: 'agent_queue_echo' },
          { number: 5, close: { subscription: 1, timeoutMs: 5 } },
          { number: 6, bind: 'agent:fuzz' },
          { number: 7, depths: {} },
        ]),
      ],
    },
    ...(random.integer(0, 5) === 0 ? joining : {}),
  });

  const call = async (): Promise<void> => {
    const method = random.pick(methods);
    let bytes: Buffer;
    const request = random.integer(0, 2) === 0 ? fields() : mutate.value(fields());
    try {
      bytes = method.requestSerialize(Object(request) as object);
    } catch {
      // No client could send that: it is sent as bytes that are changed instead.
      bytes = method.requestSerialize(fields());
    }
    if (random.integer(0, 2) === 0) bytes = mutate.bytes(bytes);
    const metadata = new Metadata();
    if (random.integer(0, 9) > 0) metadata.set('parley-credential', joined.credential);
    const input = `${method.path} ${bytes.toString('base64')}`;
    try {
      target.findings.look(JSON.stringify(await send(method, bytes, metadata)), input);
    } catch (error) {
      const { code, details, metadata: sent } = error as ServiceError;
      // The library answers bytes that it cannot read with INTERNAL as well; the code is ours.
      const parley = String(sent?.get('parley-code')[0] ?? '');
      target.findings.look(JSON.stringify({ code: parley, details, status: code }), input);
    }
  };

  for (let sent = 0; sent < count; sent += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - sent) }, call));
  client.close();
}

function methodsOf(): Method[] {
  const files = readdirSync(path.join(PROTOS, 'parley/v1')).map((file) => `parley/v1/${file}`);
  const definition = loadSync(files, { includeDirs: [PROTOS], longs: Number, enums: String, defaults: true });
  return Object.values(definition).flatMap((service) =>
    Object.values(service).filter(
      (method): method is Method =>
        typeof method === 'object' &&
        'requestSerialize' in method &&
        (!method.requestStream || method.responseStream),
    ),
  );
}

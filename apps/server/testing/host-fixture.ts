import { afterEach, beforeEach, expect } from '@jest/globals';
import {
  type AgentFrame,
  type AgentHello,
  type ControlPlaneClient,
  createControlPlaneClient,
  type ServerFrame,
} from '@parley/control-plane';
import { collectDeliveries, type Deliveries, eventually } from '@parley/messaging/test-queue';
import { aRouting } from '@parley/requests/testing';
import {
  AgentProfile,
  agentQueue,
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  HEADERS,
  newId,
  type ParleyError,
} from '@parley/shared-models';
import { route } from '@parley/store/testing';
import { type RunningServer, startServer } from '../src/start-server.ts';
import { type Ground, makeGround, silent, testConfig } from './server-fixture.ts';

export type Said = Omit<Partial<AgentFrame>, 'work'>;

/** An agent in another language, frame by frame. */
export interface AgentStream {
  say(work: number, said: Said): void;
  /** The first frame, past or future, that has this field. */
  next<Kind extends keyof ServerFrame>(
    kind: Kind,
    fits?: (frame: ServerFrame) => boolean,
  ): Promise<ServerFrame & Required<Pick<ServerFrame, Kind>>>;
  readonly frames: readonly ServerFrame[];
  /** The error with which the server ended it; undefined: OK. */
  readonly ended: Promise<ParleyError | undefined>;
  /** Says nothing more. */
  end(): void;
  /** As when its process is killed. */
  cut(): void;
}

type Hello = Partial<Omit<AgentHello, 'profile'>> & { readonly profile?: Partial<AgentProfile> };

/** The hello of an agent; its group follows from its name. */
export const helloOf = ({ profile, ...hello }: Hello): AgentHello => ({
  profile: { ...AgentProfile.parse({ name: 'Py', group: 'py' }), group: '', ...profile },
  ...hello,
});

/** The frame with which it answers. */
export const reply = (text: string, more: Partial<NonNullable<AgentFrame['reply']>> = {}): Said => ({
  reply: { text, ...more },
});

export const JOIN_TOKEN = 'a-join-token-of-more-than-thirty-characters';

/** A server with its ports, on a real store and embedded queue, anew for each test; the broker is the test. Call at the top of a file. */
export function onServer() {
  let ground: Ground;
  let server: RunningServer;
  let written: Deliveries;
  const closes: (() => void)[] = [];
  beforeEach(async () => {
    ground = await makeGround();
    const config = testConfig({
      DATA_DIR: ground.folder.dataDir,
      RATE_LIMIT: 'off',
      HEARTBEAT_MS: '500',
      JOIN_TOKEN,
    });
    server = await startServer(config, { bus: ground.bus, store: ground.store, logger: silent });
    written = collectDeliveries();
    await ground.bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 1000 });
  });
  afterEach(async () => {
    for (const close of closes.splice(0)) close();
    await server.stop();
    await ground.remove();
  });

  function connect(joinToken = JOIN_TOKEN): ControlPlaneClient {
    const client = createControlPlaneClient({
      url: `127.0.0.1:${server.grpcPort}`,
      joinToken,
      logger: silent,
    });
    closes.push(() => client.close());
    return client;
  }

  function open(first: Partial<AgentFrame>, joinToken?: string): AgentStream {
    const client = connect(joinToken);
    const cut = new AbortController();
    const { send, end, events } = client.work({ work: 0, ...first }, { signal: cut.signal });
    const frames: ServerFrame[] = [];
    const waiting = new Set<() => void>();
    const read = async (): Promise<undefined> => {
      for await (const frame of events) {
        frames.push(frame);
        for (const wake of waiting) wake();
      }
      return undefined;
    };
    const ended = read().catch((error: ParleyError) => error);
    return {
      frames,
      ended,
      say: (work, said) => send({ work, ...said }),
      next(kind, fits = () => true) {
        return new Promise((resolve, reject) => {
          void ended.then((error) => reject(error ?? new Error('the stream has ended')));
          const look = (): void => {
            const frame = frames.find((each) => each[kind] !== undefined && fits(each));
            if (frame === undefined) return;
            waiting.delete(look);
            resolve(frame as never);
          };
          waiting.add(look);
          look();
        });
      },
      end,
      cut: () => cut.abort(),
    };
  }
  async function join(hello: Hello = {}): Promise<AgentStream & { readonly agentId: string }> {
    const stream = open({ hello: helloOf(hello) });
    const { welcome } = await stream.next('welcome');
    return { ...stream, agentId: welcome.agentId };
  }

  /** A message that the broker has given to the agent. */
  async function hand(agentId: string, text: string): Promise<ChatMessage> {
    const { message } = await ground.store.apply({
      type: 'submitted',
      message: {
        id: newId(),
        conversationId: newId(),
        kind: 'TEXT',
        sender: { kind: 'user', id: 'ada', name: 'Ada' },
        text,
        createdAt: new Date().toISOString(),
      },
      ownerId: 'ada',
    });
    if (message === undefined) throw new Error('the message was not stored');
    await route(ground.store, aRouting(message.id, agentId));
    await ground.bus.publish(agentQueue(agentId), {
      messageId: message.id,
      type: 'chat.message',
      timestamp: Date.now(),
      headers: { [HEADERS.conversation]: message.conversationId, [HEADERS.attempt]: 0 },
      body: Buffer.from(JSON.stringify(message)),
    });
    return message;
  }
  const workOf = async (stream: AgentStream, { id }: ChatMessage, times = 1): Promise<number> => {
    const isIt = ({ message }: ServerFrame) => message?.message.id === id;
    await eventually(() => expect(stream.frames.filter(isIt)).toHaveLength(times));
    return stream.frames.findLast(isIt)?.work ?? 0;
  };
  const bodies = () =>
    written.all.map(({ envelope }) => ({
      type: envelope.type,
      ...(JSON.parse(Buffer.from(envelope.body).toString()) as object),
    }));
  /** The pieces of the answer shown while it is written. */
  const piecesOf = async ({ conversationId }: ChatMessage): Promise<readonly string[]> => {
    const pieces: string[] = [];
    const listening = await ground.bus.subscribe(`test-${newId()}`, ({ type, body }) => {
      if (type === 'chat.delta') pieces.push(JSON.parse(Buffer.from(body).toString()).text);
    });
    await listening.bind(conversationId);
    return pieces;
  };
  const wrote = (body: object): Promise<void> =>
    eventually(() => expect(bodies()).toContainEqual(expect.objectContaining(body)));

  return {
    get ground() {
      return ground;
    },
    get server() {
      return server;
    },
    connect,
    open,
    join,
    hand,
    workOf,
    piecesOf,
    /** The messages of the agents, parsed, with the type. */
    bodies,
    wrote,
  };
}

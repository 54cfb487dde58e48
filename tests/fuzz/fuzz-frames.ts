import { once } from 'node:events';
import { newId, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { CLIENT_FRAMES } from '../../libs/shared-models/testing/client-frame-examples.ts';
import type { SeededRandom } from '../faults/seeded-random.ts';
import type { FuzzTarget } from './fuzz.ts';
import { createMutator } from './mutate.ts';

/** Sent on one connection before its answers are waited for. */
const AT_ONCE = 8;

/** Resolves when the server has answered a ping, or the connection is closed. */
function pinged(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('pong', resolve).once('close', resolve);
    socket.ping();
  });
}

/** Sends mutated frames as a member; a connection that the server closes is made anew. */
export async function fuzzFrames(count: number, random: SeededRandom, target: FuzzTarget): Promise<void> {
  const mutate = createMutator(random);
  const samples = Object.values(CLIENT_FRAMES).flatMap(({ valid }) => valid as readonly object[]);
  /** Of somebody else, of nobody, and new ones. */
  const ids = (): string => random.pick([...target.foreignIds, newId()]);
  let last = '';

  const next = (): string | Buffer => {
    const frame = structuredClone(random.pick(samples)) as Record<string, unknown>;
    for (const key of ['id', 'messageId', 'conversationId', 'taskId'])
      if (key in frame && random.integer(0, 1) === 0) frame[key] = ids();
    last = mutate.text(frame);
    if (random.integer(0, 30) === 0) return mutate.bytes(Buffer.from(last));
    return last;
  };
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${target.webSocketUrl}`, [SUBPROTOCOL]);
    socket.on('message', (data) => target.findings.look(String(data), last));
    // The close event tells the same.
    socket.on('error', () => socket.terminate());
    await once(socket, 'open');
    // Some never say who they are.
    if (random.integer(0, 9) > 0)
      socket.send(JSON.stringify({ type: 'hello', clientName: 'fuzz', token: target.token }));
    return socket;
  };

  let socket = await open();
  for (let sent = 0; sent < count; ) {
    if (socket.readyState !== WebSocket.OPEN) socket = await open();
    for (let batch = 0; batch < AT_ONCE && sent < count; batch++, sent++) socket.send(next());
    if (socket.readyState !== WebSocket.OPEN) continue;
    // The WebSocket's own ping is answered after what came before it was read.
    await pinged(socket);
  }
  socket.terminate();
}

import { LIMITS, newId, type ServerFrame, type ServerFrameType, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';

/** A plain WebSocket that speaks `docs/protocol.md` and nothing more: what an author in another language would write. */
export interface RawClient {
  readonly frames: readonly ServerFrame[];
  send(frame: object | string): void;
  sendBinary(data: Buffer): void;
  /** The first frame of this type, past or future, that fits. */
  received<T extends ServerFrameType>(
    type: T,
    fits?: (frame: Extract<ServerFrame, { type: T }>) => boolean,
  ): Promise<Extract<ServerFrame, { type: T }>>;
  /** Close code. */
  readonly closed: Promise<number>;
  close(): void;
  terminate(): void;
}

export async function connectRaw(
  url: string,
  options: { hello?: object | false; origin?: string; headers?: Record<string, string> } = {},
): Promise<RawClient> {
  const socket = new WebSocket(url, [SUBPROTOCOL], {
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  });
  const frames: ServerFrame[] = [];
  const waiting = new Set<(frame: ServerFrame) => void>();
  socket.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as ServerFrame;
    frames.push(frame);
    for (const waiter of [...waiting]) waiter(frame);
  });
  // A client that says nothing for two heartbeats is closed, and a test may well wait for longer.
  const heartbeat = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'ping' }));
  }, LIMITS.heartbeatMs);
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (code) => {
      clearInterval(heartbeat);
      resolve(code);
    }),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => socket.terminate());
  const client: RawClient = {
    frames,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    sendBinary: (data) => socket.send(data),
    received(type, fits = () => true) {
      type Wanted = Extract<ServerFrame, { type: typeof type }>;
      const isWanted = (frame: ServerFrame): frame is Wanted => frame.type === type && fits(frame as Wanted);
      const past = frames.find(isWanted);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve, reject) => {
        const onFrame = (frame: ServerFrame): void => {
          if (!isWanted(frame)) return;
          waiting.delete(onFrame);
          resolve(frame);
        };
        waiting.add(onFrame);
        closed.then((code) => {
          if (waiting.delete(onFrame)) reject(new Error(`closed with ${code} before a frame "${type}"`));
        }, reject);
      });
    },
    closed,
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
  if (options.hello !== false) {
    client.send({ type: 'hello', clientName: 'test', ...options.hello });
    await client.received('welcome');
  }
  return client;
}

/** Sends a text and resolves with the id it was sent under. */
export function sendText(client: RawClient, text: string, more: object = {}): string {
  const id = newId();
  client.send({ type: 'message.send', id, text, ...more });
  return id;
}

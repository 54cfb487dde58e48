import { WebSocket } from 'ws';

/** A client of `/ws/:userId`, as somebody wrote it who knows these frames only. */
export interface UserSocket {
  readonly frames: readonly UserSocketFrame[];
  send(frame: object | string | Buffer): void;
  /** The first frame, past or future, that fits. */
  received(fits: (frame: UserSocketFrame) => boolean): Promise<UserSocketFrame>;
  /** Close code. */
  readonly closed: Promise<number>;
  terminate(): void;
}

export interface UserSocketFrame {
  readonly type: string;
  readonly message?: string;
  readonly agent?: string;
  readonly timestamp?: string;
  readonly is_typing?: boolean;
  readonly code?: string;
}

/** @throws Error with the HTTP status when the server refuses */
export async function connectUser(
  webSocketUrl: string,
  userId: string,
  headers: Record<string, string> = {},
): Promise<UserSocket> {
  const socket = new WebSocket(`${webSocketUrl}/${encodeURIComponent(userId)}`, { headers });
  const frames: UserSocketFrame[] = [];
  const waiting = new Set<(frame: UserSocketFrame) => void>();
  socket.on('message', (data) => {
    const frame = JSON.parse(data.toString()) as UserSocketFrame;
    frames.push(frame);
    for (const waiter of [...waiting]) waiter(frame);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => socket.terminate());
  return {
    frames,
    closed,
    send(frame) {
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame), {
        binary: Buffer.isBuffer(frame),
      });
    },
    received(fits) {
      const past = frames.find(fits);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve, reject) => {
        const onFrame = (frame: UserSocketFrame): void => {
          if (!fits(frame)) return;
          waiting.delete(onFrame);
          resolve(frame);
        };
        waiting.add(onFrame);
        closed.then((code) => {
          if (waiting.delete(onFrame)) reject(new Error(`closed with ${code} before the frame came`));
        }, reject);
      });
    },
    terminate: () => socket.terminate(),
  };
}

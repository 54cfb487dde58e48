import type { Socket } from 'node:net';
import { z } from 'zod';

/** One connection to another instance. */
export interface PeerLink {
  send(frame: PeerFrame): void;
  /** Drops the frame instead, while the other side leaves too much unread. */
  sendIfRoom(encoded: Buffer): void;
  destroy(): void;
}

interface PeerLinkEvents {
  onFrame(frame: PeerFrame): void;
  /** A longer frame ends the connection; asked for each. */
  maxFrameBytes(): number;
  /** Once. @param error why, when it did not just end */
  onClosed(error?: Error): void;
}

/** What a process that stands still may leave unread before more is dropped. */
const MAX_UNREAD_BYTES = 1024 * 1024;

export function createPeerLink(
  socket: Socket,
  { onFrame, maxFrameBytes, onClosed }: PeerLinkEvents,
): PeerLink {
  let failure: Error | undefined;
  // A connection is no reason for a process to stay; consuming is.
  socket.unref();

  const read = createFrameReader(onFrame, maxFrameBytes);
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('end', () => socket.destroy());
  socket.once('close', () => onClosed(failure));

  return {
    send: (frame) => {
      if (socket.writable) socket.write(encodeFrame(frame));
    },
    sendIfRoom: (encoded) => {
      if (socket.writable && socket.writableLength < MAX_UNREAD_BYTES) socket.write(encoded);
    },
    destroy: () => socket.destroy(),
  };
}

/**
 * What instances say to each other over a socket: a length (4 bytes, big endian, of what follows), a kind (1 byte),
 * then JSON, or for a post its topic and type, each after its length (4 bytes), and the body.
 */
export type PeerFrame =
  | { readonly kind: 'hello'; readonly key: string; readonly secret: string }
  | { readonly kind: 'interest'; readonly seq: number; readonly add: string[]; readonly remove: string[] }
  | { readonly kind: 'heard'; readonly seq: number }
  | Post;

/** Something for those who asked for its topic. */
export interface Post {
  readonly kind: 'post';
  readonly topic: string;
  readonly type: string;
  readonly body: Uint8Array;
}

const POST = 0;
const JSON_FRAME = 1;
const HEAD_BYTES = 5;

/** A longer frame is none of ours. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;

const ControlFrame = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), key: z.string(), secret: z.string() }),
  z.object({
    kind: z.literal('interest'),
    seq: z.number(),
    add: z.array(z.string()),
    remove: z.array(z.string()),
  }),
  z.object({ kind: z.literal('heard'), seq: z.number() }),
]);

export function encodeFrame(frame: PeerFrame): Buffer {
  if (frame.kind !== 'post') return withHead(JSON_FRAME, [Buffer.from(JSON.stringify(frame))]);
  return withHead(POST, [sized(frame.topic), sized(frame.type), frame.body]);
}

function withHead(kind: number, parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  const length = parts.reduce((sum, part) => sum + part.byteLength, 1);
  head.writeUInt32BE(length, 0);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, ...parts], HEAD_BYTES - 1 + length);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.byteLength, 0);
  return Buffer.concat([length, bytes]);
}

/** So long a frame may be before the other side has shown that it knows the secret: a hello needs less. */
export const MAX_HELLO_BYTES = 512;

/**
 * Returns a function that takes the stream's chunks and calls `onFrame`. It throws when the stream holds no frames.
 * @param maxFrameBytes asked anew for each frame, before any of it is kept or parsed
 */
export function createFrameReader(
  onFrame: (frame: PeerFrame) => void,
  maxFrameBytes: () => number,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let needed = HEAD_BYTES;

  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < needed) return;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, bytes);
    needed = HEAD_BYTES;
    while (rest.byteLength >= HEAD_BYTES) {
      const length = rest.readUInt32BE(0);
      if (length < 1 || length > maxFrameBytes()) throw new RangeError(`a frame of ${length} bytes`);
      needed = HEAD_BYTES - 1 + length;
      if (rest.byteLength < needed) break;
      onFrame(decode(rest.readUInt8(4), rest.subarray(HEAD_BYTES, needed)));
      rest = rest.subarray(needed);
      needed = HEAD_BYTES;
    }
    chunks = rest.byteLength === 0 ? [] : [rest];
    bytes = rest.byteLength;
  };
}

function decode(kind: number, payload: Buffer): PeerFrame {
  if (kind === JSON_FRAME) return ControlFrame.parse(JSON.parse(payload.toString('utf8')));
  if (kind !== POST) throw new RangeError(`a frame of kind ${kind}`);
  const topicEnd = 4 + payload.readUInt32BE(0);
  const typeEnd = topicEnd + 4 + payload.readUInt32BE(topicEnd);
  return {
    kind: 'post',
    topic: payload.toString('utf8', 4, topicEnd),
    type: payload.toString('utf8', topicEnd + 4, typeEnd),
    // A copy: the listener may keep it, and must not keep the whole chunk.
    body: new Uint8Array(payload.subarray(typeEnd)),
  };
}

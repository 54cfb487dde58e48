import type { Socket } from 'node:net';
import { createFrameReader, encodeFrame, type PeerFrame } from './peer-frames.ts';

/** One connection to another instance. */
export interface PeerLink {
  send(frame: PeerFrame): void;
  /** Drops the frame instead, while the other side leaves too much unread. */
  sendIfRoom(encoded: Buffer): void;
  destroy(): void;
}

export interface PeerLinkEvents {
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

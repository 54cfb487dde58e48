import type { ServerFrame, User } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import type { FollowedConversations } from './followed-conversations.ts';

/** A connection as its senders see it. */
export interface Reader {
  /** Whether it can still get frames; a reader that has gone must not begin to follow. */
  isOpen(): boolean;
  /** Sends a frame; does nothing when the connection is closed. */
  send(text: string): void;
  /** Resolves when the frames sent so far have left this process, or never will. */
  flushed(): Promise<void>;
}

/**
 * A client's WebSocket after its `welcome`, as the handlers of frames see it, with the user and the server's
 * services.
 */
export interface ClientSocket extends Reader {
  readonly connectionId: string;
  readonly user: User;
  /** Address of the other side, e.g. `127.0.0.1`. */
  readonly remoteAddress: string | undefined;
  readonly conversations: FollowedConversations;
  readonly services: ServerServices;
  /** The newest frames that the client reads, as in `hello`. */
  readonly frames: number;
  sendFrame(frame: ServerFrame): void;
}

/** Handles one type of frame. A rejection becomes an `error` frame that answers it. */
export type FrameHandler<F> = (frame: F, socket: ClientSocket) => Promise<void> | void;

import type { ServerFrame, User } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import type { FollowedConversations } from './followed-conversations.ts';
import type { Reader } from './reader.ts';

/** What the handler of a frame has: the connection it came by, who is there, and the server's services. */
export interface Session extends Reader {
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
export type FrameHandler<F> = (frame: F, session: Session) => Promise<void> | void;

import type { DuplexStream } from '../client/send-stream.ts';
import type { QueueEvent, QueueRequest } from '../contracts/queue.ts';

/** The queue on which a member is. A message bus is one. */
export interface MemberQueue {
  /** Said when the member registers: a server that is on another queue refuses it. */
  name(): string;
  /** Only of the server's own queue: opens a stream to it, as soon as the member is registered. */
  attach?(open: (signal: AbortSignal) => Promise<DuplexStream<QueueRequest, QueueEvent>>): void;
}

import { type handleServerStreamingCall, Metadata, status } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import type { Pushed } from '../contracts/contract.ts';
import type { CallContext, Push } from '../contracts/handlers.ts';
import type { Logger } from '../logger.ts';
import { statusOf } from '../wire/error-status.ts';
import { parseRequest } from '../wire/parse.ts';
import { type Admitting, contextOf } from './call-context.ts';
import { pendingMessages } from './pending-messages.ts';
import { refusal } from './serve-unary.ts';

export interface OpenStream {
  /** Its join token is in there; undefined where none is needed. */
  readonly metadata?: Metadata;
  end(error: unknown): void;
}

/** The streams that are open, so that a server that shuts down, or trusts the peer no longer, can end them. */
export type OpenStreams = Set<OpenStream>;

export interface PushedOptions extends Admitting {
  readonly logger: Logger;
  readonly open: OpenStreams;
  /** Items that may wait for a slow reader before the stream is ended. */
  readonly maxPending: number;
}

/** An RPC that the server pushes into. */
export function servePushed<Request, Item, Piece>(
  { request: { schema }, piece, split }: Pushed<Request, Item, Piece>,
  handle: (request: Request, push: Push<Item>, context: CallContext) => Promise<() => void> | (() => void),
  options: PushedOptions,
): handleServerStreamingCall<unknown, object> {
  const { logger, open } = options;
  return (call) => {
    const rpc = call.getPath();
    const pending = pendingMessages(call);
    let isClosed = false;
    let unsubscribe: (() => void) | undefined;

    const gone = new AbortController();

    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      gone.abort();
      open.delete(stream);
      pending.clear();
      release();
    };
    const release = (): void => {
      try {
        unsubscribe?.();
      } catch (err) {
        logger.error({ err, rpc }, 'could not unsubscribe');
      }
    };
    const end = (error?: unknown): void => {
      if (isClosed) return;
      if (error === undefined) pending.flush();
      close();
      if (error === undefined) call.end();
      // grpc-js turns this event, not an exception, into the status of the stream.
      else call.emit('error', refusal(logger, rpc, error));
    };
    const send = (item: Item): boolean => {
      if (isClosed) return false;
      for (const part of split(item)) pending.add(piece.encode(part));
      if (pending.size <= options.maxPending) return true;
      logger.warn(
        { rpc, peer: call.getPeer(), pending: pending.size },
        'a subscriber reads too slowly: ended',
      );
      close();
      call.emit('error', tooSlow());
      return false;
    };

    const stream: OpenStream = { metadata: call.metadata, end };
    call.once('cancelled', close);
    open.add(stream);
    const start = async (): Promise<void> => {
      const request = parseRequest(schema, call.request);
      const context = contextOf(call, request, gone.signal, options);
      unsubscribe = await handle(request, { send, end }, context);
      if (isClosed) return release();
      // Tells the subscriber that it was accepted, however long the first item takes.
      call.sendMetadata(new Metadata());
    };
    start().catch(end);
  };
}

function tooSlow(): ReturnType<typeof statusOf> {
  const error = new ParleyError('rate_limited', 'The stream was read too slowly; open it again.');
  return { ...statusOf(error), code: status.RESOURCE_EXHAUSTED };
}

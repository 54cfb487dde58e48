import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  Metadata,
  type ServerDuplexStream,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import type { z } from 'zod';
import type { Duplex, Pushed } from '../contracts/contract.ts';
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

export interface StreamServing extends Admitting {
  readonly logger: Logger;
  readonly open: OpenStreams;
  /** Items that may wait for a slow reader before the stream is ended. */
  readonly maxPending: number;
}

/** An RPC that the server pushes into. */
export function servePushed<Request, Item, Piece>(
  { request: { schema }, piece, split }: Pushed<Request, Item, Piece>,
  handle: (request: Request, push: Push<Item>, context: CallContext) => Promise<() => void> | (() => void),
  options: StreamServing,
): handleServerStreamingCall<unknown, object> {
  const { logger } = options;
  return (call) => {
    let unsubscribe: (() => void) | undefined;
    const release = (): void => {
      try {
        unsubscribe?.();
      } catch (err) {
        logger.error({ err, rpc: call.getPath() }, 'could not unsubscribe');
      }
    };
    const push = openPush(call, (item: Item) => split(item).map(piece.encode), options);
    push.gone.addEventListener('abort', release);
    const start = async (): Promise<void> => {
      const request = parseRequest(schema, call.request);
      unsubscribe = await handle(request, push, contextOf(call, request, push.gone, options));
      if (push.gone.aborted) return release();
      // Tells the subscriber that it was accepted, however long the first item takes.
      call.sendMetadata(new Metadata());
    };
    start().catch(push.end);
  };
}

/** An RPC in which both sides go on sending. */
export function serveDuplex<Request, Event>(
  { request: { schema }, event }: Duplex<Request, Event>,
  handle: (
    first: Request,
    requests: AsyncIterable<Request>,
    push: Push<Event>,
    context: CallContext,
  ) => Promise<void>,
  options: StreamServing,
): handleBidiStreamingCall<unknown, object> {
  return (call) => {
    const push = openPush(call, (item: Event) => [event.encode(item)], options);
    const start = async (): Promise<void> => {
      const requests = requestsOf(call, schema, push.gone);
      const timer = setTimeout(() => push.end(silent()), FIRST_REQUEST_MS);
      const { value: first } = await requests.next().finally(() => clearTimeout(timer));
      // It ended before its first request.
      if (first === undefined) return;
      await handle(first, requests, push, contextOf(call, first, push.gone, options));
    };
    start().then(() => push.end(), push.end);
  };
}

/**
 * The peer's requests, one at a time: they are read no faster than they are taken. Not by iterating over the call, which
 * would destroy it at the end: the status could not be sent any more.
 */
async function* requestsOf<Request>(
  call: ServerDuplexStream<unknown, object>,
  schema: z.ZodType<Request>,
  gone: AbortSignal,
): AsyncGenerator<Request, void, void> {
  const waiting: unknown[] = [];
  let isOver = false;
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  call.on('data', (request) => {
    waiting.push(request);
    call.pause();
    wake();
  });
  call.once('end', end);
  gone.addEventListener('abort', end);
  while (!gone.aborted) {
    const request = waiting.shift();
    if (request !== undefined) yield parseRequest(schema, request);
    else if (isOver) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
        call.resume();
      });
    }
  }
}

/** The server's side of a stream that it sends into; `gone` is aborted when the stream is over, however it ends. */
function openPush<Item>(
  call: ServerWritableStream<unknown, object> | ServerDuplexStream<unknown, object>,
  encode: (item: Item) => readonly object[],
  { logger, open, maxPending }: StreamServing,
): Push<Item> & { readonly gone: AbortSignal } {
  const rpc = call.getPath();
  const pending = pendingMessages(call);
  const gone = new AbortController();

  const close = (): void => {
    open.delete(stream);
    pending.clear();
    gone.abort();
  };
  const end = (error?: unknown): void => {
    if (gone.signal.aborted) return;
    if (error === undefined) pending.flush();
    close();
    if (error === undefined) call.end();
    // grpc-js turns this event, not an exception, into the status of the stream.
    else call.emit('error', refusal(logger, rpc, error));
  };
  const stream: OpenStream = { metadata: call.metadata, end };
  call.once('cancelled', close);
  open.add(stream);
  return {
    gone: gone.signal,
    end,
    get isBehind() {
      return pending.size > 0;
    },
    caughtUp: () => pending.empty(),
    send(item) {
      if (gone.signal.aborted) return false;
      for (const message of encode(item)) pending.add(message);
      if (pending.size <= maxPending) return true;
      logger.warn(
        { rpc, peer: call.getPeer(), pending: pending.size },
        'a subscriber reads too slowly: ended',
      );
      close();
      call.emit('error', tooSlow());
      return false;
    },
  };
}

/** A stream of both ways on which nothing comes for so long ends, in milliseconds. */
const FIRST_REQUEST_MS = 10_000;
const silent = (): ParleyError =>
  new ParleyError('unavailable', `No request has come within ${FIRST_REQUEST_MS / 1000} s.`);

function tooSlow(): ReturnType<typeof statusOf> {
  const error = new ParleyError('rate_limited', 'The stream was read too slowly; open it again.');
  return { ...statusOf(error), code: status.RESOURCE_EXHAUSTED };
}

import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { CREDENTIAL_FIELD } from '../credential-field.ts';
import { bearer } from '../join-token.ts';
import type { MemberTls } from '../tls.ts';
import { errorOf } from '../wire/error-status.ts';

export type Method = MethodDefinition<object, object>;
export type RequestStream = ClientWritableStream<object>;
export type AnswerStream = ClientReadableStream<object> | ClientDuplexStream<object, object>;
export type DuplexCall = ClientDuplexStream<object, object>;

/** One gRPC channel that can be thrown away and replaced, and every call on it. */
export interface Connection {
  /** Goes with every call from now on. */
  useCredential(credential: string): void;
  /** @throws ParleyError */
  unary(method: Method, request: object, signal?: AbortSignal, deadlineMs?: number): Promise<object>;
  answerStream(method: Method, request: object): AnswerStream;
  requestStream(
    method: Method,
    done: (error: ParleyError | undefined, answer?: object) => void,
  ): RequestStream;
  duplexStream(method: Method): DuplexCall;
  /** @throws ParleyError `unavailable` */
  whenReady(timeoutMs: number): Promise<void>;
  /** The next call goes over a fresh channel; calls under way end as they would have. */
  renew(): void;
  /** Cancels every call. */
  close(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly joinToken?: string | undefined;
  readonly tls?: MemberTls | undefined;
  readonly callMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
}

interface Cancellable {
  cancel(): void;
}

export function openConnection(options: ConnectionOptions): Connection {
  const authorization = options.joinToken === undefined ? undefined : bearer(options.joinToken);
  let client = open(options);
  let credential = '';
  let isClosed = false;
  const calls = new Set<Cancellable>();

  const live = (): Client => {
    if (isClosed) throw new ParleyError('cancelled', 'The client was closed.');
    return client;
  };
  const metadata = (): Metadata => {
    const fields = new Metadata();
    if (authorization !== undefined) fields.set('authorization', authorization);
    if (credential !== '') fields.set(CREDENTIAL_FIELD, credential);
    return fields;
  };
  const track = <T extends Cancellable>(call: T): T => {
    calls.add(call);
    return call;
  };

  return {
    useCredential(given) {
      credential = given;
    },
    unary(method, request, signal, deadlineMs = options.callMs) {
      return new Promise((resolve, reject) => {
        const done = (error: ServiceError | null, answer?: object): void => {
          calls.delete(call);
          signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(signal?.aborted ? cancelled(error) : errorOf(error));
          else resolve(answer ?? {});
        };
        const { path, requestSerialize, responseDeserialize } = method;
        const deadline = Date.now() + deadlineMs;
        const call = track(
          live().makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadata(),
            { deadline },
            done,
          ),
        );
        const cancel = (): void => call.cancel();
        signal?.addEventListener('abort', cancel, { once: true });
        if (signal?.aborted) cancel();
      });
    },
    answerStream(method, request) {
      const { path, requestSerialize, responseDeserialize } = method;
      const call = track(
        live().makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata()),
      );
      call.once('status', () => calls.delete(call));
      return call;
    },
    requestStream(method, done) {
      const { path, requestSerialize, responseDeserialize } = method;
      const call = track(
        live().makeClientStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          metadata(),
          (error, answer) => {
            calls.delete(call);
            done(error === null ? undefined : errorOf(error), answer);
          },
        ),
      );
      return call;
    },
    duplexStream(method) {
      const { path, requestSerialize, responseDeserialize } = method;
      const call = track(
        live().makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata()),
      );
      call.once('status', () => calls.delete(call));
      return call;
    },
    whenReady(timeoutMs) {
      return new Promise((resolve, reject) => {
        live().waitForReady(Date.now() + timeoutMs, (cause) => {
          if (cause === undefined) return resolve();
          const message = `no connection to ${options.url} within ${timeoutMs} ms`;
          reject(new ParleyError('unavailable', message, { cause }));
        });
      });
    },
    renew() {
      live().close();
      client = open(options);
    },
    close() {
      isClosed = true;
      for (const call of [...calls]) call.cancel();
      client.close();
    },
  };
}

/** A call that this side stopped; the same status from the other side means that the connection was cut. */
function cancelled(cause: Error): ParleyError {
  return new ParleyError('cancelled', 'The call was stopped.', { cause });
}

/** The options of every channel to a server. */
export const CHANNEL_OPTIONS: ClientOptions = {
  // Servers are peers on the same network; a web proxy set for the user's browser must not get between.
  'grpc.enable_http_proxy': 0,
};

function open({ url, tls, keepaliveMs, keepaliveTimeoutMs }: ConnectionOptions): Client {
  const options: ClientOptions = {
    ...CHANNEL_OPTIONS,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    // Channels to one address share their connection otherwise, and a fresh channel would get the broken one.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
  };
  return new Client(url, channelCredentials(tls), options);
}

export function channelCredentials(tls: MemberTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

import { ParleyError } from '@parley/shared-models';
import type { AnyContract, Pushed, Sent, Unary } from '../contracts/contract.ts';
import type { CallContext, ControlPlaneHandlers, Push } from '../contracts/handlers.ts';
import { CONTRACTS } from '../contracts/index.ts';
import type { Logger } from '../logger.ts';
import { methodOf } from '../proto-definitions.ts';
import { untilAborted } from '../until-aborted.ts';
import { parseAnswer, parseRequest } from '../wire/parse.ts';
import { type ControlPlaneClient, type Rpcs, type StreamOptions, servicesFrom } from './create-client.ts';
import type { SendStream } from './send-stream.ts';

export interface LocalClientOptions {
  /** Those that are missing are not offered. */
  readonly handlers: Partial<ControlPlaneHandlers>;
  /** The caller of all calls, by which they are authorized. */
  readonly caller: Omit<CallContext, 'signal'>;
  readonly logger: Logger;
}

type AnyHandler = (...args: unknown[]) => Promise<unknown>;

/** Items that may wait for a slow reader before its stream is ended. */
const MAX_PENDING = 1024;

/**
 * The RPCs of a server in its own process: through the same bytes and the same checks as over a connection, without one.
 * Calls need no credential: their caller is known. Streams of both ways are not offered.
 */
export function createLocalClient({ handlers, caller, logger }: LocalClientOptions): ControlPlaneClient {
  const closed = new AbortController();
  const contextUntil = (signal: AbortSignal | undefined): CallContext =>
    // Not by spreading: properties that are computed on access stay so.
    Object.create(caller, {
      signal: { value: signal === undefined ? closed.signal : AbortSignal.any([closed.signal, signal]) },
    }) as CallContext;

  const handle = async (name: string, context: CallContext, ...args: unknown[]): Promise<unknown> => {
    if (context.signal.aborted) throw stopped();
    const handler = (handlers as unknown as Record<string, AnyHandler | undefined>)[name];
    if (handler === undefined) throw new ParleyError('not_supported', `${name} is not offered.`);
    try {
      return await handler(...args, context);
    } catch (error) {
      if (error instanceof ParleyError) throw error;
      logger.error({ err: error, rpc: name }, 'an RPC failed');
      throw new ParleyError('internal', 'Something went wrong on the server.');
    }
  };
  const requestOf = (contract: AnyContract, request: unknown): unknown => {
    const { requestSerialize, requestDeserialize } = methodOf(contract);
    const sent = requestSerialize(contract.request.encode(request));
    return parseRequest(contract.request.schema, requestDeserialize(sent));
  };
  const answered = (contract: AnyContract, answer: object): object => {
    const { responseSerialize, responseDeserialize } = methodOf(contract);
    return responseDeserialize(responseSerialize(answer));
  };

  const unary =
    (name: string, contract: Unary<unknown, unknown>) =>
    async (request: unknown, signal?: AbortSignal): Promise<unknown> => {
      const context = contextUntil(signal);
      const given = (): Promise<unknown> => handle(name, context, requestOf(contract, request));
      const answer = await untilAborted(given, context.signal).catch((error: unknown) => {
        throw context.signal.aborted ? stopped() : error;
      });
      return parseAnswer(contract.answer.schema, answered(contract, contract.answer.encode(answer)));
    };

  const pushed = (name: string, contract: Pushed<unknown, unknown, unknown>) =>
    async function* (request: unknown, { signal, onOpen }: StreamOptions = {}): AsyncGenerator<unknown> {
      const context = contextUntil(signal);
      const items: unknown[] = [];
      let end: { readonly error: unknown } | undefined;
      let wake = (): void => {};
      const push: Push<unknown> = {
        send(item) {
          if (end !== undefined) return false;
          items.push(item);
          if (items.length > MAX_PENDING)
            push.end(new ParleyError('rate_limited', 'The stream was read too slowly; open it again.'));
          wake();
          return end === undefined;
        },
        end(error) {
          end ??= { error };
          wake();
        },
        get isBehind() {
          return items.length > 0;
        },
        caughtUp: async () => {},
      };
      const onAbort = (): void => push.end(stopped());
      context.signal.addEventListener('abort', onAbort, { once: true });
      let release = (): void => {};
      const pieces = async function* (): AsyncGenerator<unknown> {
        for (;;) {
          const item = context.signal.aborted ? undefined : items.shift();
          if (item !== undefined) {
            for (const piece of contract.split(item))
              yield parseAnswer(contract.piece.schema, answered(contract, contract.piece.encode(piece)));
          } else if (end?.error !== undefined) throw end.error;
          else if (end !== undefined) return;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      };
      try {
        release = (await handle(name, context, requestOf(contract, request), push)) as () => void;
        onOpen?.();
        yield* contract.join(pieces());
      } finally {
        push.end();
        context.signal.removeEventListener('abort', onAbort);
        release();
      }
    };

  const sent = (name: string, contract: Sent<unknown>) => (): SendStream<unknown> => {
    const cancelled = new AbortController();
    const context = contextUntil(cancelled.signal);
    let received = 0;
    return {
      async send(item) {
        await handle(name, context, requestOf(contract, item));
        received += 1;
      },
      end: async () => received,
      cancel: () => cancelled.abort(),
    };
  };

  const callOf = (name: string, contract: AnyContract): unknown => {
    switch (contract.kind) {
      case 'unary':
        return unary(name, contract);
      case 'pushed':
        return pushed(name, contract);
      case 'sent':
        return sent(name, contract);
      case 'duplex':
        return () => {
          throw new ParleyError('not_supported', `${contract.rpc} is not offered inside of the server.`);
        };
    }
  };
  const rpcs = Object.fromEntries(
    Object.entries(CONTRACTS).map(([name, contract]) => [name, callOf(name, contract as never)]),
  ) as unknown as Rpcs;

  return {
    ...rpcs,
    servicesFor: servicesFrom(rpcs),
    async whenReady() {},
    renewChannel() {},
    close: () => closed.abort(),
  };
}

const stopped = (): ParleyError => new ParleyError('cancelled', 'The call was stopped.');

import {
  type handleClientStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import type { AgentCaller, Sent, Unary } from '../contracts/contract.ts';
import type { CallContext } from '../contracts/handlers.ts';
import type { Logger } from '../logger.ts';
import { statusOf } from '../wire/error-status.ts';
import { parseRequest } from '../wire/parse.ts';
import { type Admitting, contextOf } from './call-context.ts';

/** An RPC with one request and one answer: parsed, handled, its error mapped. */
export function serveUnary<Request, Answer>(
  contract: Unary<Request, Answer>,
  handle: (request: Request, context: CallContext) => Promise<Answer>,
  options: Admitting & { readonly logger: Logger },
): handleUnaryCall<unknown, object> {
  const answer = async (call: ServerUnaryCall<unknown, object>, signal: AbortSignal): Promise<object> => {
    const request = parseRequest(contract.request.schema, call.request);
    const context = contextOf(call, request, signal, options);
    const given = await handle(request, context);
    const credential = credentialFor(contract, request, given, context, options);
    return { ...contract.answer.encode(given), ...credential };
  };
  return (call, callback) => {
    const gone = new AbortController();
    const onCancelled = (): void => gone.abort();
    call.once('cancelled', onCancelled);
    // A call that was cancelled before the handler was there says so no more.
    if (call.cancelled) onCancelled();
    answer(call, gone.signal)
      .finally(() => call.removeListener('cancelled', onCancelled))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(refusal(options.logger, call.getPath(), error)),
      );
  };
}

/** The additional result of registering, beside its answer. */
function credentialFor(
  { gives }: Pick<Unary<unknown, unknown>, 'gives'>,
  request: unknown,
  answer: unknown,
  context: CallContext,
  { credentials }: Admitting,
): { readonly credential?: string | undefined } {
  if (gives === undefined) return {};
  if (gives === 'broker') {
    return { credential: credentials?.forBroker((request as { readonly brokerId: string }).brokerId) };
  }
  const { agentId, incarnation } = answer as AgentCaller;
  const { token } = context;
  // The token decides whose credential its holder gets, not the request.
  if (token !== undefined && token.agentId !== agentId)
    throw new ParleyError('forbidden', `This join token is for the agent "${token.agentId}" only.`);
  return { credential: credentials?.forAgent(agentId, incarnation) };
}

/** A stream of requests, handled one after another; the first that is refused ends it. */
export function serveSent<Item>(
  { request: { schema } }: Sent<Item>,
  handle: (item: Item, context: CallContext) => Promise<void>,
  options: Admitting & { readonly logger: Logger },
): handleClientStreamingCall<unknown, object> {
  const { logger } = options;
  return (call, callback) => {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort());
    const receive = async (): Promise<object> => {
      const context = contextOf(call, undefined, gone.signal, options);
      let received = 0;
      for await (const request of call) {
        await handle(parseRequest(schema, request), context);
        received += 1;
      }
      return { received };
    };
    receive().then(
      (response) => callback(null, response),
      (error: unknown) => {
        if (call.cancelled)
          return logger.debug({ err: error, rpc: call.getPath() }, 'the caller cancelled its stream');
        callback(refusal(logger, call.getPath(), error));
      },
    );
  };
}

/** The status for an error; one that nobody foresaw is logged, since the caller is not told. */
export function refusal(logger: Logger, rpc: string, error: unknown): ReturnType<typeof statusOf> {
  const refused = statusOf(error);
  if (refused.code === status.INTERNAL) logger.error({ err: error, rpc }, 'an RPC failed');
  return refused;
}

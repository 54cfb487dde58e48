import type { Envelope } from '@parley/messaging';
import { appendHop, Failure, HEADERS, parseHops, traceIdOf } from '@parley/shared-models';
import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';
import { isWithAnother } from './is-with-another.ts';
import { parseBody, stringHeader } from './parse-body.ts';
import { isFromReplaced, senderAgentOf } from './replaced-process.ts';

/** `chat.failed` from the broker or an agent: the request will not be answered, and the sender learns why. */
export async function onFailed(envelope: Envelope, services: ServerServices): Promise<void> {
  const { requestId, code, message } = parseBody(envelope, Failure);
  const agentId = senderAgentOf(envelope);
  const traceId = traceIdOf(envelope.headers);
  if (agentId !== undefined) {
    if (await isFromReplaced(envelope, agentId, requestId, services)) return;
    if (await isWithAnother(requestId, agentId, services, traceId)) return;
  }
  const hops = parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));
  await endRequest(services, { requestId, status: 'failed', error: { code, message }, hops }, traceId);
}

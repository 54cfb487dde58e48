import { bodyOf, type Envelope, Reject } from '@parley/messaging';
import { appendHop, HEADERS, parseHops, Settled } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';
import { stringHeader } from './envelope-headers.ts';
import { holderInGroup, tellToStop } from './other-instance.ts';
import { isFromReplaced, senderAgentOf } from './replaced-process.ts';

/** `chat.settled` from an agent: it handled the request and has nothing to say. */
export async function onSettled(envelope: Envelope, services: ServerServices): Promise<void> {
  const { requestId } = bodyOf(envelope, Settled, envelope.type);
  const agentId = senderAgentOf(envelope);
  if (agentId === undefined) throw new Reject('malformed_message', 'the header "sender" names no agent');
  if (await isFromReplaced(envelope, agentId, requestId, services)) return;
  const hops = parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));
  // Also the second time: whoever recorded it may have died before it told the readers.
  let status = await services.store.settle({ requestId, agentId, hops });
  if (status === undefined) {
    const inPlaceOf = await holderInGroup(services, { requestId, agentId });
    if (inPlaceOf !== undefined && inPlaceOf !== agentId) {
      status = await services.store.settle({ requestId, agentId, hops, inPlaceOf });
      if (status !== undefined) tellToStop(services, inPlaceOf, requestId);
    }
  }
  if (status !== undefined)
    services.hub.broadcast(status.conversationId, { type: 'message.status', ...status });
}

import { bodyOf, type Envelope } from '@parley/messaging';
import {
  appendHop,
  Failure,
  HEADERS,
  type Hop,
  lostAgents,
  parseHops,
  traceIdOf,
} from '@parley/shared-models';
import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';
import { attemptOf } from './attempt-of.ts';
import { stringHeader } from './envelope-headers.ts';
import { isWithAnother } from './is-with-another.ts';
import { isFromReplaced, senderAgentOf } from './replaced-process.ts';

/**
 * `chat.failed` from the broker or an agent: the request will not be answered, and the sender learns why. Of what a broker
 * decides twice, since it died before it acknowledged, the first decision stands.
 */
export async function onFailed(envelope: Envelope, services: ServerServices): Promise<void> {
  const { requestId, code, message } = bodyOf(envelope, Failure, envelope.type);
  const agentId = senderAgentOf(envelope);
  const traceId = traceIdOf(envelope.headers);
  if (agentId !== undefined) {
    if (await isFromReplaced(envelope, agentId, requestId, services)) return;
    if (await isWithAnother(requestId, agentId, services, traceId)) return;
  }
  const hops = parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));
  const isUnrouted = agentId === undefined;
  const error = { code, message: isUnrouted ? `${lossText(hops, services)}${message}` : message };
  const failure = { requestId, status: 'failed', error, hops } as const;
  await endRequest(services, { ...failure, ...attemptOf(envelope), isUnrouted }, traceId);
}

/** What a sentence of the broker cannot know: that an agent had the message before, and went away with it. Empty otherwise. */
function lossText(hops: readonly Hop[], { agents }: ServerServices): string {
  const lost = lostAgents(hops);
  const last = lost.at(-1);
  if (last === undefined) return '';
  const name = agents.get(last)?.profile.name ?? last;
  const times = lost.filter((agentId) => agentId === last).length;
  // One that was soon back each time went away more often than is noted here, so once is no number to tell.
  return `${name} went away while it had your message${times === 1 ? '' : `, ${times} times at least`}. `;
}

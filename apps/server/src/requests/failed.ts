import { bodyOf, type Envelope } from '@parley/messaging';
import { Failure, type Hop, lostAgents, traceIdOf } from '@parley/shared-models';
import { speakerOf } from './answered.ts';
import { applyEvent, type RequestServices } from './apply-event.ts';
import { attemptOf, hopsOf, senderAgentOf } from './queue-headers.ts';

/**
 * `chat.failed` from the broker or an agent: the request will not be answered, and the sender learns why. Of what a broker
 * decides twice, since it died before it acknowledged, the first decision stands.
 */
export async function onFailed(envelope: Envelope, services: RequestServices): Promise<void> {
  const { requestId, code, message } = bodyOf(envelope, Failure, envelope.type);
  const agentId = senderAgentOf(envelope);
  const hops = hopsOf(envelope);
  const lossText = agentId === undefined ? describeLoss(hops, services) : '';
  const event = {
    type: 'failed',
    requestId,
    error: { code, message: `${lossText}${message}` },
    from: agentId === undefined ? undefined : speakerOf(envelope, agentId, services),
    attempt: attemptOf(envelope),
    hops,
  } as const;
  await applyEvent(services, event, { traceId: traceIdOf(envelope.headers) });
}

/** What a sentence of the broker cannot know: that an agent had the message before, and went away with it. Empty otherwise. */
function describeLoss(hops: readonly Hop[], { agents }: Pick<RequestServices, 'agents'>): string {
  const lost = lostAgents(hops);
  const last = lost.at(-1);
  if (last === undefined) return '';
  const name = agents.get(last)?.profile.name ?? last;
  const times = lost.filter((agentId) => agentId === last).length;
  // One that was soon back each time went away more often than is noted here, so once is no number to tell.
  return `${name} went away while it had your message${times === 1 ? '' : `, ${times} times at least`}. `;
}

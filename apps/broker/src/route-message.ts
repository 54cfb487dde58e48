import type { Envelope } from '@parley/messaging';
import { Reject } from '@parley/messaging';
import { decideReceiver } from '@parley/routing';
import {
  type AgentStatus,
  appendHop,
  ChatMessage,
  decodeTarget,
  deriveId,
  encodeRouting,
  type Failure,
  HEADERS,
  type Target,
} from '@parley/shared-models';

export interface RoutingContext {
  readonly agents: () => Iterable<AgentStatus>;
  readonly recentlyAssigned: (agentId: string) => number;
  readonly offlineForMs: (agentId: string) => number;
  readonly graceMs: number;
}

/**
 * What the broker publishes to `server_input_queue` for a message that somebody sent: the same message with the
 * decision in its headers, or a `chat.failed` that says why there is none.
 * An addressed message is decided from its headers; the body of any other is parsed for its text.
 * @throws Reject `malformed_message` when headers or body are not of the protocol
 */
export function routeMessage(envelope: Envelope, context: RoutingContext): Envelope {
  const now = Date.now();
  const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'broker', now);
  const target = targetOf(envelope);
  const answer = decideReceiver({
    ...(target === undefined ? {} : { target }),
    text: () => textOf(envelope),
    agents: context.agents(),
    recentlyAssigned: context.recentlyAssigned,
    offlineForMs: context.offlineForMs,
    graceMs: context.graceMs,
  });
  if (answer.ok) {
    return {
      ...envelope,
      headers: {
        ...envelope.headers,
        [HEADERS.hops]: hops,
        [HEADERS.receiver]: `agent:${answer.decision.agentId}`,
        [HEADERS.routing]: encodeRouting(answer.decision),
      },
    };
  }
  const attempt = envelope.headers[HEADERS.attempt] ?? 0;
  const failure: Failure = { requestId: envelope.messageId, code: answer.code, message: answer.message };
  return {
    messageId: deriveId(envelope.messageId, 'unroutable', attempt),
    correlationId: envelope.messageId,
    type: 'chat.failed',
    timestamp: now,
    headers: { ...envelope.headers, [HEADERS.hops]: hops },
    body: Buffer.from(JSON.stringify(failure)),
  };
}

export function stringHeader(envelope: Envelope, name: string): string | undefined {
  const value = envelope.headers[name];
  return value === undefined ? undefined : String(value);
}

function targetOf(envelope: Envelope): Target | undefined {
  const header = stringHeader(envelope, HEADERS.target);
  if (header === undefined) return undefined;
  try {
    return decodeTarget(header);
  } catch (cause) {
    throw new Reject('malformed_message', 'the header "target" is none', { cause });
  }
}

/** All that a decision needs of the body; the rest is parsed by who needs it. */
const WithText = ChatMessage.pick({ text: true });

function textOf(envelope: Envelope): string {
  try {
    return WithText.parse(JSON.parse(Buffer.from(envelope.body).toString('utf8'))).text;
  } catch (cause) {
    throw new Reject('malformed_message', 'the body is no chat message', { cause });
  }
}

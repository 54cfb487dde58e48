import { bodyOf, type Envelope, Reject } from '@parley/messaging';
import { decideReceiver, type IntentScorer, type ModelChoice, type Workload } from '@parley/routing';
import {
  type AgentStatus,
  appendHop,
  ChatMessage,
  decodeSessionHint,
  decodeTarget,
  deriveId,
  encodeRouting,
  type Failure,
  HEADERS,
} from '@parley/shared-models';

export interface RoutingContext extends Workload {
  readonly agents: () => Iterable<AgentStatus>;
  readonly scoreIntent: IntentScorer;
}

export interface RoutedMessage {
  /** The message to publish to `server_input_queue`. */
  readonly forwarded: Envelope;
  /** The message's text where a language model may know better; give its choice with the next try. */
  readonly openText?: string;
}

/**
 * Routes a message. The result is the same message with the decision in its headers, or a `chat.failed` with the reason
 * why no agent was chosen. An addressed message is decided from its headers; the body of any other is parsed for its
 * text.
 * @throws Reject `malformed_message` when headers or body are not of the protocol
 */
export function routeMessage(
  envelope: Envelope,
  context: RoutingContext,
  modelChoice?: ModelChoice,
): RoutedMessage {
  const now = Date.now();
  const hops = appendHop(stringHeader(envelope, HEADERS.hops), 'broker', now);
  const target = decodeHeader(envelope, HEADERS.target, decodeTarget);
  const session = decodeHeader(envelope, HEADERS.session, decodeSessionHint);
  let text: string | undefined;
  const answer = decideReceiver({
    ...(target === undefined ? {} : { target }),
    ...(session === undefined ? {} : { session }),
    ...(modelChoice === undefined ? {} : { modelChoice }),
    text: () => {
      text ??= textOf(envelope);
      return text;
    },
    agents: context.agents(),
    scoreIntent: context.scoreIntent,
    recentlyAssigned: context.recentlyAssigned,
    offlineForMs: context.offlineForMs,
    graceMs: context.graceMs,
  });
  const open = answer.isOpen === true && text !== undefined ? { openText: text } : {};
  // Only a broker reads these.
  const { [HEADERS.target]: _target, [HEADERS.agentsRevision]: _revision, ...read } = envelope.headers;
  if (answer.ok) {
    const headers = {
      ...read,
      [HEADERS.hops]: hops,
      [HEADERS.receiver]: `agent:${answer.decision.agentId}`,
      [HEADERS.routing]: encodeRouting(answer.decision),
    };
    return { ...open, forwarded: { ...envelope, headers } };
  }
  const attempt = envelope.headers[HEADERS.attempt] ?? 0;
  const failure: Failure = { requestId: envelope.messageId, code: answer.code, message: answer.message };
  const forwarded: Envelope = {
    messageId: deriveId(envelope.messageId, 'unroutable', attempt),
    correlationId: envelope.messageId,
    type: 'chat.failed',
    timestamp: now,
    // The message is the broker's own, not the sender's, which may be an agent that asks.
    headers: { ...read, [HEADERS.sender]: 'system:broker', [HEADERS.hops]: hops },
    body: Buffer.from(JSON.stringify(failure)),
  };
  return { ...open, forwarded };
}

export function stringHeader(envelope: Envelope, name: string): string | undefined {
  const value = envelope.headers[name];
  return value === undefined ? undefined : String(value);
}

function decodeHeader<T>(envelope: Envelope, name: string, decode: (header: string) => T): T | undefined {
  const header = stringHeader(envelope, name);
  if (header === undefined) return undefined;
  try {
    return decode(header);
  } catch (cause) {
    throw new Reject('malformed_message', `the header "${name}" is malformed`, { cause });
  }
}

/** The part of the body that a decision needs; the receiver parses the rest. */
const WithText = ChatMessage.pick({ text: true });

function textOf(envelope: Envelope): string {
  return bodyOf(envelope, WithText, 'chat message').text;
}

import { isUtf8 } from 'node:buffer';
import type { Delivery, Envelope } from '@parley/messaging';
import {
  agentOfQueue,
  BROKER_INPUT_QUEUE,
  type DeadLetter,
  deriveId,
  type ErrorCode,
  ErrorCode as ErrorCodeModel,
  HEADERS,
  Id,
  newId,
  parseHops,
  traceIdOf,
} from '@parley/shared-models';
import { endRequest } from '../conversations/end-request.ts';
import type { ServerServices } from '../server-services.ts';
import { attemptOf } from './attempt-of.ts';
import { stringHeader } from './envelope-headers.ts';
import { isBesideAnswer } from './is-beside-answer.ts';
import { isWithAnother } from './is-with-another.ts';

/**
 * Handles `dead_letter_queue`: puts the letter into the store, where operators see it and can replay it, and ends the
 * request it belonged to, so that its sender learns of it.
 */
export function createDeadLetterHandler(services: ServerServices): (delivery: Delivery) => Promise<void> {
  const { store, logger } = services;
  return async ({ envelope }) => {
    const letter = letterOf(envelope);
    const traceId = traceIdOf(envelope.headers);
    await store.addDeadLetter(letter);
    logger.warn(
      { messageId: letter.messageId, traceId, queue: letter.queue, reason: letter.reason },
      `dead letter: ${letter.message}`,
    );
    const requestId = requestOf(envelope);
    if (requestId === undefined) return;
    const agentId = agentOfQueue(letter.queue);
    if (agentId !== undefined && (await isWithAnother(requestId, agentId, services, traceId))) return;
    const error = { code: codeOf(letter.reason), message: letter.message };
    const hops = parseHops(stringHeader(envelope, HEADERS.hops));
    const failure = { requestId, status: 'dead_lettered', error, hops } as const;
    const isUnrouted = letter.queue === BROKER_INPUT_QUEUE && envelope.type === 'chat.message';
    await endRequest(services, { ...failure, ...attemptOf(envelope), isUnrouted }, traceId);
  };
}

function letterOf(envelope: Envelope): DeadLetter {
  const queue = stringHeader(envelope, HEADERS.deathQueue) ?? 'unknown';
  const isBase64 = !isUtf8(envelope.body);
  return {
    // Handed out again, the same death makes the same letter; a later death of the same message another one.
    id: Id.safeParse(envelope.messageId).success
      ? deriveId(
          envelope.messageId,
          'death',
          queue,
          envelope.headers[HEADERS.attempt] ?? 0,
          envelope.headers[HEADERS.replays] ?? 0,
        )
      : newId(),
    messageId: envelope.messageId,
    queue,
    reason: stringHeader(envelope, HEADERS.deathReason) ?? 'delivery_limit',
    message:
      stringHeader(envelope, HEADERS.deathMessage) ?? 'It was handed out too often without being finished.',
    type: envelope.type,
    ...(envelope.headers[HEADERS.conversation] === undefined
      ? {}
      : { conversationId: String(envelope.headers[HEADERS.conversation]) }),
    headers: { ...envelope.headers },
    body: Buffer.from(envelope.body).toString(isBase64 ? 'base64' : 'utf8'),
    isBase64,
    diedAt: new Date().toISOString(),
    state: 'dead',
  };
}

/** The request that will not be answered because of this death. */
function requestOf(envelope: Envelope): string | undefined {
  // Neither a subscriber of an event nor what is said beside the answer is what the sender of the message waits for.
  if (envelope.type === 'channel.event' || isBesideAnswer(envelope)) return undefined;
  const id = envelope.type === 'chat.message' ? envelope.messageId : envelope.correlationId;
  return id !== undefined && Id.safeParse(id).success ? id : undefined;
}

function codeOf(reason: string): ErrorCode {
  const code = ErrorCodeModel.safeParse(reason);
  return code.success ? code.data : 'delivery_limit';
}

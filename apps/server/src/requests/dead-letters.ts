import { isUtf8 } from 'node:buffer';
import { bodyOf, type Delivery, type Envelope } from '@parley/messaging';
import type { Died } from '@parley/requests';
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
  ParleyError,
  parseHops,
  type QueueName,
  traceIdOf,
} from '@parley/shared-models';
import { z } from 'zod';
import type { ServerServices } from '../server-services.ts';
import { applyEvent } from './apply-event.ts';
import { attemptOf, isBesideAnswer, stringHeader } from './queue-headers.ts';

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
    const event = {
      type: 'died',
      requestId,
      error: { code: codeOf(letter.reason), message: letter.message },
      where: placeOf(envelope, letter.queue),
      attempt: attemptOf(envelope),
      hops: parseHops(stringHeader(envelope, HEADERS.hops)),
    } as const;
    await applyEvent(services, event, { traceId });
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
  // The sender of the message waits neither for a subscriber of an event nor for replies beside the answer.
  if (envelope.type === 'channel.event' || isBesideAnswer(envelope)) return undefined;
  const id = envelope.type === 'chat.message' ? envelope.messageId : envelope.correlationId;
  return id !== undefined && Id.safeParse(id).success ? id : undefined;
}

function placeOf({ type }: Envelope, queue: string): Died['where'] {
  const agentId = agentOfQueue(queue);
  if (agentId !== undefined) return { agentId };
  return queue === BROKER_INPUT_QUEUE && type === 'chat.message' ? 'unrouted' : 'answered';
}

function codeOf(reason: string): ErrorCode {
  const code = ErrorCodeModel.safeParse(reason);
  return code.success ? code.data : 'delivery_limit';
}

/**
 * Puts a dead letter back on its way. A person's message starts again at the broker as a further attempt, so that it
 * may go to another agent, and so does one whose answer died; anything else goes back into the queue it died in. Ids
 * stay, so earlier work is not done twice.
 * @throws ParleyError `id_conflict` when it was replayed or discarded before, `queue_missing` when its queue is gone
 */
export async function replayDeadLetter(letter: DeadLetter, services: ServerServices): Promise<DeadLetter> {
  const { store, bus } = services;
  if (letter.state !== 'dead')
    throw new ParleyError('id_conflict', `This dead letter was ${letter.state} before.`);
  const requestId = requestOfLetter(letter);
  const replayed =
    requestId === undefined ? undefined : await applyEvent(services, { type: 'replayed', requestId });
  const isReplayed = replayed?.outcome === 'done';
  if (!isReplayed && letter.type === 'chat.message')
    throw new ParleyError('id_conflict', 'Its message has been answered or is on its way again.');
  if (!isReplayed) {
    await bus.publish(letter.queue as QueueName, {
      messageId: letter.messageId,
      ...(requestId === undefined ? {} : { correlationId: requestId }),
      type: letter.type,
      timestamp: Date.now(),
      headers: withoutDeath(letter.headers),
      body: Buffer.from(letter.body, letter.isBase64 ? 'base64' : 'utf8'),
    });
  }
  await store.setDeadLetterState(letter.id, 'replayed');
  return { ...letter, state: 'replayed' };
}

/** The person's message that it is, or that it answers. */
function requestOfLetter(letter: DeadLetter): string | undefined {
  if (letter.type === 'chat.message') return idOf(letter.messageId);
  try {
    const body = z.object({ inReplyTo: z.unknown(), requestId: z.unknown() }).partial();
    const { inReplyTo, requestId } = bodyOf({ body: Buffer.from(letter.body) }, body, 'answer');
    return idOf(inReplyTo ?? requestId);
  } catch {
    // Its body is the reason of its death: nobody can tell which message it answered.
    return undefined;
  }
}

function idOf(value: unknown): string | undefined {
  const id = Id.safeParse(value);
  return id.success ? id.data : undefined;
}

function withoutDeath(headers: DeadLetter['headers']): Record<string, string | number> {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith('death-') && !name.startsWith('x-'),
  );
  return { ...Object.fromEntries(kept), [HEADERS.replays]: Number(headers[HEADERS.replays] ?? 0) + 1 };
}

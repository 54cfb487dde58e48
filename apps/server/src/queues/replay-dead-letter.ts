import { bodyOf } from '@parley/messaging';
import { type DeadLetter, HEADERS, Id, ParleyError, type QueueName } from '@parley/shared-models';
import { z } from 'zod';
import type { ServerServices } from '../server-services.ts';

/**
 * Puts a dead letter back on its way. A person's message starts again at the broker as a further attempt, so that it
 * may go to another agent, and so does one whose answer died; anything else goes back into the queue it died in. Ids
 * stay, so what was done before is not done twice.
 * @throws ParleyError `id_conflict` when it was replayed or discarded before, `queue_missing` when its queue is gone
 */
export async function replayDeadLetter(letter: DeadLetter, services: ServerServices): Promise<DeadLetter> {
  const { store, bus, relay } = services;
  if (letter.state !== 'dead')
    throw new ParleyError('id_conflict', `This dead letter was ${letter.state} before.`);
  const requestId = requestOf(letter);
  const entry = requestId === undefined ? undefined : await store.revive(requestId);
  if (entry !== undefined) relay.send(entry);
  else if (letter.type === 'chat.message')
    throw new ParleyError('id_conflict', 'Its message has been answered or is on its way again.');
  else {
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
function requestOf(letter: DeadLetter): string | undefined {
  if (letter.type === 'chat.message') return idOf(letter.messageId);
  try {
    const body = z.object({ inReplyTo: z.unknown(), requestId: z.unknown() }).partial();
    const { inReplyTo, requestId } = bodyOf({ body: Buffer.from(letter.body) }, body, 'answer');
    return idOf(inReplyTo ?? requestId);
  } catch {
    // Its body is what it died of: nobody can tell what it answered.
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

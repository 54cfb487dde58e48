import { type DeadLetter, HEADERS, Id, ParleyError, type QueueName } from '@parley/shared-models';
import type { ServerServices } from '../server-services.ts';

/**
 * Puts a dead letter back on its way. A person's message starts again at the broker as a further attempt, so that it
 * may go to another agent; anything else goes back into the queue it died in. Ids stay, so what was done before is
 * not done twice.
 * @throws ParleyError `id_conflict` when it was replayed or discarded before, `queue_missing` when its queue is gone
 */
export async function replayDeadLetter(letter: DeadLetter, services: ServerServices): Promise<DeadLetter> {
  const { store, bus, relay } = services;
  if (letter.state !== 'dead')
    throw new ParleyError('id_conflict', `This dead letter was ${letter.state} before.`);
  const isRequest = letter.type === 'chat.message' && Id.safeParse(letter.messageId).success;
  const entry = isRequest ? await store.revive(letter.messageId) : undefined;
  if (entry !== undefined) relay.send(entry);
  else if (isRequest)
    throw new ParleyError('id_conflict', 'Its message has been answered or is on its way again.');
  else {
    await bus.publish(letter.queue as QueueName, {
      messageId: letter.messageId,
      type: letter.type,
      timestamp: Date.now(),
      headers: withoutDeath(letter.headers),
      body: Buffer.from(letter.body, letter.isBase64 ? 'base64' : 'utf8'),
    });
  }
  await store.setDeadLetterState(letter.id, 'replayed');
  return { ...letter, state: 'replayed' };
}

function withoutDeath(headers: DeadLetter['headers']): Record<string, string | number> {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith('death-') && !name.startsWith('x-'),
  );
  return { ...Object.fromEntries(kept), [HEADERS.replays]: Number(headers[HEADERS.replays] ?? 0) + 1 };
}

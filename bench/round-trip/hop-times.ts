import { newId } from '@parley/shared-models';
import { connectRaw, sendText } from '../../tests/harness/raw-client.ts';

/** The ways between two processes, in the order in which a message and its answer take them. */
export const WAYS = [
  'client → server',
  'server → broker',
  'broker → server',
  'server → agent',
  'agent → broker',
  'broker → server, reply',
  'server → client',
] as const;

const TRIPS = 200;
const TEXT = 'x'.repeat(200);

/**
 * With one message in flight: the mean time in milliseconds from when one process took the message to when the next one
 * did, by the `hops` that the server tells; the first way ends when the server writes its hop, which is after its commit.
 * The clocks have milliseconds, so a mean of 200 is exact to a few hundredths of one. Messages that took other hops, since
 * they were handed out twice, are left out.
 */
export async function hopTimes(webSocketUrl: string): Promise<number[]> {
  const client = await connectRaw(webSocketUrl);
  const sums = WAYS.map(() => 0);
  const conversationId = newId();
  let count = 0;
  try {
    for (let trip = 0; trip < TRIPS; trip++) {
      const sentAt = Date.now();
      const id = sendText(client, TEXT, { conversationId });
      const shown = client
        .received('message', ({ message }) => message.inReplyTo === id)
        .then(() => Date.now());
      const ended = client.received(
        'message.status',
        (frame) => frame.messageId === id && frame.status === 'answered',
      );
      const [shownAt, { hops }] = await Promise.all([shown, ended]);
      const times = [sentAt, ...hops.map(({ at }) => Date.parse(at)), shownAt];
      if (times.length !== WAYS.length + 1) continue;
      count += 1;
      for (const way of WAYS.keys()) sums[way] = (sums[way] ?? 0) + (times[way + 1] ?? 0) - (times[way] ?? 0);
    }
  } finally {
    client.close();
  }
  return sums.map((sum) => sum / count);
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@parley/client';
import { newId, type Target } from '@parley/shared-models';

export interface LoadPlan {
  readonly clients: number;
  readonly durationMs: number;
  /** Rest of each client between an answer and its next message. */
  readonly intervalMs: number;
  /** A message without an answer for this long is an error. */
  readonly timeoutMs: number;
  /** `#` becomes the number of the message. */
  readonly text: string;
  readonly target?: Target;
}

export interface LoadOutcome {
  readonly sent: number;
  /** From writing to answer, of each message that was answered, in milliseconds. */
  readonly times: readonly number[];
  /** One for each connection that failed and each message without an answer. */
  readonly errors: readonly string[];
  /** From the first message to the last answer. */
  readonly elapsedMs: number;
}

/** So many clients connect at once: more would make each other time out. */
const CONNECTING_AT_ONCE = 50;

/**
 * Each client writes, waits for the answer, rests, and writes again, for the plan's time or until `signal`; then it waits
 * for the answers under way. All connect before the first writes.
 */
export async function runLoad(
  plan: LoadPlan,
  connect: (number: number) => Promise<Client>,
  signal: AbortSignal,
): Promise<LoadOutcome> {
  const errors: string[] = [];
  const times: number[] = [];
  let sent = 0;
  const clients = await connectAll(plan.clients, connect, errors);
  const start = performance.now();
  const over = AbortSignal.any([signal, AbortSignal.timeout(plan.durationMs)]);

  const write = async (client: Client): Promise<void> => {
    const conversationId = newId();
    // Not all in the same moment, as people would not.
    await rest(Math.random() * plan.intervalMs, over);
    while (!over.aborted) {
      sent += 1;
      const writtenAt = performance.now();
      const { answered } = client.send({
        conversationId,
        text: plan.text.replaceAll('#', String(sent)),
        ...(plan.target === undefined ? {} : { target: plan.target }),
      });
      try {
        await withTimeLimit(answered, plan.timeoutMs);
        times.push(performance.now() - writtenAt);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
      await rest(plan.intervalMs, over);
    }
  };

  await Promise.all(clients.map(write));
  const elapsedMs = performance.now() - start;
  await Promise.all(clients.map((client) => client.close()));
  return { sent, times, errors, elapsedMs };
}

async function connectAll(
  count: number,
  connect: (number: number) => Promise<Client>,
  errors: string[],
): Promise<Client[]> {
  const clients: Client[] = [];
  for (let first = 0; first < count; first += CONNECTING_AT_ONCE) {
    const numbers = Array.from(
      { length: Math.min(CONNECTING_AT_ONCE, count - first) },
      (_, index) => first + index,
    );
    for (const outcome of await Promise.allSettled(numbers.map(connect))) {
      if (outcome.status === 'fulfilled') clients.push(outcome.value);
      else errors.push(String((outcome.reason as Error).message));
    }
  }
  return clients;
}

/** Ends early when the load does. */
async function rest(ms: number, over: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: over });
  } catch (error) {
    if (!over.aborted) throw error;
  }
}

async function withTimeLimit(answered: Promise<unknown>, timeoutMs: number): Promise<void> {
  const limit = new AbortController();
  const late = delay(timeoutMs, 'late', { signal: limit.signal }).catch(() => 'stopped');
  try {
    if ((await Promise.race([answered, late])) === 'late')
      throw new Error(`no answer within ${timeoutMs} ms`);
  } finally {
    limit.abort();
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { defineAgent } from '@parley/agent-kit';

/** Milliseconds from one piece to the next. */
export const PIECE_MS = 20;

/** Milliseconds since 1970 with a fraction: processes of one machine compare it. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Streams as many pieces as the message says, 50 a second; each is the time when it was made. */
export default defineAgent({
  name: 'Stream',
  concurrency: 256,
  async onMessage({ text, stream }) {
    await stream(pieces(Number(text)));
  },
});

async function* pieces(count: number): AsyncGenerator<string> {
  const begun = performance.now();
  for (let number = 0; number < count; number++) {
    const restMs = begun + number * PIECE_MS - performance.now();
    if (restMs > 0) await delay(restMs);
    yield `${now().toFixed(3)} `;
  }
}

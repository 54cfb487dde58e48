import { setTimeout as wait } from 'node:timers/promises';
import { defineAgent } from '@parley/agent-kit';

/** Writes numbers until it is stopped. */
export default defineAgent({
  name: 'Endless',
  description: 'Counts and does not stop by itself',
  keywords: ['endless'],
  async onMessage({ stream, signal }) {
    await stream(count(signal));
  },
});

async function* count(signal: AbortSignal): AsyncGenerator<string> {
  for (let number = 1; !signal.aborted; number++) {
    yield `${number} `;
    await wait(20);
  }
}

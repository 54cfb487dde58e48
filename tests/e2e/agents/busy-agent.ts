import { appendFileSync } from 'node:fs';
import { defineAgent } from '@parley/agent-kit';

/** Keeps its process from everything else for as many milliseconds as the message says, as a computation without an `await` does. */
export default defineAgent({
  name: 'Busy',
  description: 'Computes for long',
  timeoutMs: 60_000,
  onMessage({ text }) {
    appendFileSync(process.env.RUNS ?? '', `${text}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(text));
    return 'computed';
  },
});

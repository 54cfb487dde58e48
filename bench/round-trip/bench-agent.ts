import { defineAgent } from '@parley/agent-kit';

/** Answers at once, as many as there are at a time: the time measured is the way there and back. */
export default defineAgent({
  name: 'Bench',
  concurrency: 256,
  onMessage: ({ text }) => text,
});

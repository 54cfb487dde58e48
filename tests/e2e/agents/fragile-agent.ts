import { defineAgent } from '@parley/agent-kit';

/** Always throws, until it is started with MENDED. */
export default defineAgent({
  name: 'Fragile',
  description: 'Breaks',
  attempts: 2,
  onMessage({ text }) {
    if (process.env.MENDED === undefined) throw new Error('the plan has no second page');
    return `mended: ${text}`;
  },
});

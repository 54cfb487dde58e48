import { defineAgent } from '@parley/agent-kit';

/** Fails on the word "broken", at once and always; answers all other messages. */
export default defineAgent({
  name: 'Fragile',
  description: 'Fails when asked for something broken',
  keywords: ['fragile', 'broken'],
  attempts: 1,
  onMessage({ text }) {
    if (text.includes('broken')) throw new Error('the plan has no second page');
    return 'Nothing broke.';
  },
});

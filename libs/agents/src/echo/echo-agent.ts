import { defineAgent } from '@parley/agent-kit';

/** Repeats the message unchanged: the quickest way to see that a message arrives and its reply comes back. */
export const echoAgent = defineAgent({
  name: 'Echo',
  description: 'Repeats what you write',
  capabilities: ['echo'],
  keywords: ['echo', 'repeat', 'parrot', 'ping'],
  examples: ['Echo this', 'Repeat after me: one, two, three', 'Is anybody there?'],
  concurrency: 32,
  onMessage: ({ text }) => text,
});
